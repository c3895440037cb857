import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { isProcessGone } from '../../../../src/runtime/checkpoint/storage/process-liveness.ts'

test('a running process is there, one that was killed is gone', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  await once(child, 'spawn')
  expect(isProcessGone(child.pid as number)).toBe(false)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(isProcessGone(child.pid as number)).toBe(true)
})

test.runIf(process.platform === 'linux')('one that was killed and not yet collected by its parent is gone too', async () => {
  // The shell becomes `sleep`, which never collects the child it has inherited; before, it might.
  const parent = spawn('sh', ['-c', 'sleep 30 & echo $!; exec sleep 30'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(parent.stdout, 'data')) as [Buffer]
  const pid = Number(line.toString())
  while (readFileSync(`/proc/${parent.pid}/comm`, 'latin1').trim() !== 'sleep') await new Promise((resolve) => setImmediate(resolve))
  process.kill(pid, 'SIGKILL')
  while (!isProcessGone(pid)) await new Promise((resolve) => setImmediate(resolve))
  expect(() => process.kill(pid, 0)).not.toThrow()
  parent.kill('SIGKILL')
  await once(parent, 'exit')
})

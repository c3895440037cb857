import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { StreamExecutionEnvironment } from '../../../src/api/stream-execution-environment.ts'
import { planHash } from '../../../src/graph/plan-hash.ts'
import { collectingSink } from '../../../src/testing/collecting-sink.ts'
import { crash, end } from '../../../src/testing/script.ts'
import { scriptedSource } from '../../../src/testing/scripted-source.ts'
import { createOperatorHarness } from '../../../src/testing/operator-harness.ts'
import { runTestJob } from '../../../src/testing/test-job.ts'
import { string } from '../../../src/types/simple-types.ts'
import { graphOf } from '../../api/job-fixture.ts'

let directory = ''
let path = ''
beforeAll(async () => {
  directory = await mkdtemp(`${tmpdir()}/cached-`)
  path = `${directory}/countries.json`
  await writeFile(path, JSON.stringify({ FR: 'France', ES: 'España' }))
})
afterAll(() => rm(directory, { recursive: true }))

const naming = (env: StreamExecutionEnvironment, file: string, asked = 'countries') => {
  const sink = collectingSink<string>()
  env.registerCachedFile(file, 'countries')
  env
    .fromSource(scriptedSource<string>(['FR', crash, 'ES', end]))
    .process((context) => {
      const names = JSON.parse(context.cachedFile(asked).text()) as Record<string, string>
      return { processElement: (code, _timestamp, output) => output.collect(names[code] ?? '?') }
    }, string())
    .rebalance()
    .sinkTo(sink)
  return sink
}
const restart = { kind: 'fixedDelay', attempts: 2, delay: '1ms' } as const

it('functions read them when they open, in every subtask and attempt', async () => {
  let sink = collectingSink<string>()
  const { numRestarts } = await runTestJob((env) => void (sink = naming(env, path)), { parallelism: 2, restart })
  expect(numRestarts).toBe(1)
  expect(sink.values.toSorted()).toEqual(['España', 'France'])
})

it('a name that was not registered, and a file that is not there, say so', async () => {
  await expect(runTestJob((env) => void naming(env, path, 'towns'))).rejects.toMatchObject({ code: 'CORE_NO_CACHED_FILE', message: expect.stringContaining('registered: countries') })
  await expect(runTestJob((env) => void naming(env, `${directory}/missing.json`))).rejects.toMatchObject({ code: 'FS_NOT_FOUND' })
})

it('names are unique, and the files are part of the plan', () => {
  const build = (name: string, file: string) => (env: StreamExecutionEnvironment) => {
    env.registerCachedFile(file, name)
    env.fromSequence(1, 2).print()
  }
  for (const name of ['', ' ']) expect(() => graphOf(build(name, path))).toThrow(expect.objectContaining({ code: 'CORE_INVALID_CACHED_FILE' }))
  expect(() => graphOf((env) => (build('a', path)(env), env.registerCachedFile(path, 'a')))).toThrow(expect.objectContaining({ code: 'CORE_INVALID_CACHED_FILE' }))
  const hashes = [build('a', path), build('a', path), build('b', path), build('a', 'other'), (env: StreamExecutionEnvironment) => env.fromSequence(1, 2).print()].map((each) => planHash(graphOf(each)))
  expect(hashes[0]).toBe(hashes[1])
  expect(new Set(hashes).size).toBe(4)
})

it('a harness has texts in their place', async () => {
  const harness = await createOperatorHarness({ kind: 'process', open: (context) => ({ processElement: (_value, _timestamp, output) => output.collect(context.cachedFile('greeting').text()) }) }, { cachedFiles: { greeting: 'hello' } })
  harness.element(1, 1)
  expect(harness.records()).toEqual(['hello'])
  await harness.close()
})

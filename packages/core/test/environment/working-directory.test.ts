import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { openWorkingDirectory } from '../../src/environment/working-directory.ts'

const inDirectory = async (body: (directory: string) => Promise<void>): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-working-test-'))
  try {
    await body(directory)
  } finally {
    await rm(directory, { recursive: true })
  }
}
const logged: string[] = []
const logger = { debug() {}, info: (_fields: object, message: string) => void logged.push(message), warn() {}, error() {} }

test('each job has its own, and its end removes it', () =>
  inDirectory(async (parent) => {
    const [first, second] = [await openWorkingDirectory(logger, parent), await openWorkingDirectory(logger, parent)]
    expect(first.path).not.toBe(second.path)
    await mkdir(join(first.path, '0-0-1'), { recursive: true })
    await writeFile(join(first.path, '0-0-1', 'state'), 'x')
    await mkdir(second.path)
    await first.remove()
    await first.remove()
    expect(await readdir(parent)).toEqual([basename(second.path)])
  }))

test('what killed processes left behind is removed, what belongs to others stays', () =>
  inDirectory(async (parent) => {
    const { pid: gone } = spawnSync(process.execPath, ['-e', ''])
    const host = `millrace-work-${hostname()}`
    const mine = Math.trunc(performance.timeOrigin)
    const stay = [`${host}-${process.pid}-${mine}-0123abcd`, `${host}-${process.ppid}-1-0123abcd`, `millrace-work-elsewhere-${gone}-1-0123abcd`, `millrace-${gone}`, `${host}-notes`]
    for (const name of [...stay, `${host}-${gone}-1-0123abcd`, `${host}-${process.pid}-1-0123abcd`]) await mkdir(join(parent, name))
    await openWorkingDirectory(logger, parent)
    expect((await readdir(parent)).sort()).toEqual(stay.toSorted())
    expect(logged).toEqual(['removed working files of a process that is gone', 'removed working files of a process that is gone'])
  }))

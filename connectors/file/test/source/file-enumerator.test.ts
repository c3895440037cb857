import { rename, rm, utimes, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fileSource } from '@millrace/connector-file'
import { coordinate, fileSystems, readAll, temporaryDirectory } from '../support/contexts.ts'
import type { Coordinator } from '../support/contexts.ts'
import { lineReader } from '../support/line-format.ts'

const format = { fileReader: lineReader<number>() }

async function setUp() {
  const root = await temporaryDirectory()
  const source = fileSource({ path: `${root}/*.jsonl`, format, monitorEvery: '10s' })
  const names = ({ assigned }: Coordinator): readonly string[] => assigned.map(([subtask, { path }]) => `${subtask} ${relative(root, path)}`)
  return { root, source, names }
}

describe('monitoring', () => {
  it('waits for files and serves the subtasks that asked, in their order', async () => {
    const { root, source, names } = await setUp()
    const coordinator = await coordinate(source)
    expect(coordinator.periodMs).toBe(10_000)
    coordinator.enumerator.handleSplitRequest(1)
    coordinator.enumerator.handleSplitRequest(0)
    await coordinator.tick()
    expect(names(coordinator)).toEqual([])
    expect(coordinator.warnings).toEqual([`${root}/*.jsonl: No file matches this path yet; looking again at each listing`])
    await writeFile(join(root, 'a.jsonl'), '1\n')
    await writeFile(join(root, '_b.jsonl'), '2\n')
    await coordinator.tick()
    expect(names(coordinator)).toEqual(['1 a.jsonl'])
    await rename(join(root, '_b.jsonl'), join(root, 'b.jsonl'))
    await coordinator.tick()
    await coordinator.tick()
    expect(names(coordinator)).toEqual(['1 a.jsonl', '0 b.jsonl'])
    expect(coordinator.finished).toEqual([])
    expect(await readAll(source, coordinator.assigned.map(([, split]) => split))).toEqual([{ good: 1 }, { good: 2 }])
  })

  it('goes on after a restore without reading anything twice or losing anything', async () => {
    const { root, source, names } = await setUp()
    await writeFile(join(root, 'a.jsonl'), '1\n')
    await writeFile(join(root, 'b.jsonl'), '2\n')
    const before = await coordinate(source)
    before.enumerator.handleSplitRequest(0)
    const state = before.enumerator.snapshotState(1)
    await writeFile(join(root, 'c.jsonl'), '3\n')
    const after = await coordinate(source, state)
    for (let i = 0; i < 3; i++) after.enumerator.handleSplitRequest(i)
    await after.tick()
    expect([...names(before), ...names(after)]).toEqual(['0 a.jsonl', '0 b.jsonl', '1 c.jsonl'])
    const ids = [...before.assigned, ...after.assigned].map(([, { id }]) => id)
    expect(new Set(ids).size).toBe(3)
  })

  it('gives splits that come back to whoever waits', async () => {
    const { root, source, names } = await setUp()
    await writeFile(join(root, 'a.jsonl'), '1\n')
    const coordinator = await coordinate(source)
    coordinator.enumerator.handleSplitRequest(0)
    coordinator.enumerator.handleSplitRequest(1)
    coordinator.enumerator.addSplitsBack(coordinator.assigned.map(([, split]) => split), 0)
    expect(names(coordinator)).toEqual(['0 a.jsonl', '1 a.jsonl'])
  })

  it('forgets deleted files, so that its state stays as small as the directory, and reads a new file of the same name', async () => {
    const { root, source } = await setUp()
    const coordinator = await coordinate(source)
    for (let round = 0; round < 5; round++) {
      await writeFile(join(root, 'a.jsonl'), `${round}\n`)
      coordinator.enumerator.handleSplitRequest(0)
      await coordinator.tick()
      const last = coordinator.assigned.at(-1)
      expect(await readAll(source, last === undefined ? [] : [last[1]])).toEqual([{ good: round }])
      await rm(join(root, 'a.jsonl'))
      await coordinator.tick()
      expect(coordinator.enumerator.snapshotState(round)).toMatchObject({ splits: [], seen: [] })
    }
    expect(new Set(coordinator.assigned.map(([, { id }]) => id)).size).toBe(5)
  })

  it('warns once of a modified file and does not read it again', async () => {
    const { root, source, names } = await setUp()
    const path = join(root, 'a.jsonl')
    await writeFile(path, '1\n')
    const coordinator = await coordinate(source)
    coordinator.enumerator.handleSplitRequest(0)
    coordinator.enumerator.handleSplitRequest(0)
    for (let second = 1; second <= 3; second++) {
      await utimes(path, second, second)
      await coordinator.tick()
    }
    expect(names(coordinator)).toEqual(['0 a.jsonl'])
    expect(coordinator.warnings).toEqual([expect.stringContaining(`${path}: A file was modified`)])
  })

  it('looks again at a file that changes while its splits are planned', async () => {
    const { root } = await setUp()
    const path = join(root, 'a.jsonl')
    const planned: number[] = []
    const fileReader = lineReader<number>()
    const racing = fileSource({
      path: root,
      monitorEvery: '1s',
      splitBytes: 1,
      format: {
        fileReader: {
          ...fileReader,
          async planRanges(input, options) {
            planned.push(input.bytes?.size ?? 0)
            if (planned.length === 1) {
              await rm(path)
              await fileSystems.forPath(path).open(path) // what a format meets that reads on
            }
            return fileReader.planRanges?.(input, options) ?? []
          },
        },
      },
    })
    await writeFile(path, '1\n')
    const coordinator = await coordinate(racing)
    expect(coordinator.warnings).toHaveLength(1)
    await writeFile(path, '1\n2\n')
    await coordinator.tick()
    expect(planned).toEqual([2, 4])
    expect(coordinator.enumerator.snapshotState(1).splits.length).toBeGreaterThan(0)
  })
})

import { mkdir, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { types } from '@millrace/core'
import { describe, expect, it } from 'vitest'
import { fileSource } from '@millrace/connector-file'
import { allSplits, coordinate, readAll, temporaryDirectory } from '../support/contexts.ts'
import { lineReader } from '../support/line-format.ts'

const format = { fileReader: lineReader<number>() }
const lines = (from: number, to: number): string => Array.from({ length: to - from }, (_, i) => `${from + i}\n`).join('')

async function tree(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const root = await temporaryDirectory()
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(root, name, '..'), { recursive: true })
    await writeFile(join(root, name), content)
  }
  return root
}

async function namesOf(root: string, path: string | readonly string[], includeHidden = false): Promise<readonly string[]> {
  return (await allSplits(fileSource({ path, format, includeHidden }))).map((split) => relative(root, split.path))
}

describe('discovery', () => {
  it('takes a file, a directory, a glob and several of them, each file once and in order', async () => {
    const root = await tree({ 'b.jsonl': '1', 'a.jsonl': '2', 'd/c.jsonl': '3', 'd/e/f.txt': '4', '_logs/x.jsonl': '5', 'd/.tmp': '6', _SUCCESS: '' })
    expect(await namesOf(root, join(root, 'b.jsonl'))).toEqual(['b.jsonl'])
    expect(await namesOf(root, root)).toEqual(['a.jsonl', 'b.jsonl', 'd/c.jsonl', 'd/e/f.txt'])
    expect(await namesOf(root, `${root}/`)).toEqual(['a.jsonl', 'b.jsonl', 'd/c.jsonl', 'd/e/f.txt'])
    expect(await namesOf(root, `${root}/*.jsonl`)).toEqual(['a.jsonl', 'b.jsonl'])
    expect(await namesOf(root, `${root}/**/*.{jsonl,txt}`)).toEqual(['a.jsonl', 'b.jsonl', 'd/c.jsonl', 'd/e/f.txt'])
    expect(await namesOf(root, [`${root}/d`, `${root}/**/*.jsonl`])).toEqual(['d/c.jsonl', 'd/e/f.txt', 'a.jsonl', 'b.jsonl'])
    expect(await namesOf(root, root, true)).toEqual(['_SUCCESS', '_logs/x.jsonl', 'a.jsonl', 'b.jsonl', 'd/.tmp', 'd/c.jsonl', 'd/e/f.txt'])
    expect(await namesOf(root, join(root, 'd/.tmp'))).toEqual(['d/.tmp'])
  })

  it('takes relative paths, file: URLs and names that look like patterns', async () => {
    const root = await tree({ 'x[1].jsonl': '1', 'x1.jsonl': '2' })
    expect(await namesOf(root, `${relative(process.cwd(), root)}/x*`)).toEqual(['x1.jsonl', 'x[1].jsonl'])
    expect(await namesOf(root, `${pathToFileURL(root).href}/*1.jsonl`)).toEqual(['x1.jsonl'])
    expect(await namesOf(root, join(root, 'x[1].jsonl'))).toEqual(['x[1].jsonl'])
  })

  it('fails for a path that matches nothing, naming it and the remedy', async () => {
    const root = await tree({ 'a.jsonl': '1' })
    const missing = `${root}/*.csv`
    await expect(allSplits(fileSource({ path: [root, missing], format }))).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      origin: 'external',
      message: expect.stringMatching(/\*\.csv, found none.*monitorEvery/s),
    })
    await expect(allSplits(fileSource({ path: join(root, 'gone'), format }))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
  })
})

describe('splits', () => {
  it('give every record exactly once, whatever their size', async () => {
    const root = await tree({ 'a.jsonl': lines(0, 150), 'b.jsonl': lines(150, 157), 'empty.jsonl': '' })
    const expected = Array.from({ length: 157 }, (_, i) => ({ good: i }))
    for (const splitBytes of [1, 3, 100, 489, 490, 64 * 1024]) {
      const source = fileSource({ path: root, format, splitBytes })
      const splits = await allSplits(source)
      expect(new Set(splits.map(({ id }) => id)).size).toBe(splits.length)
      if (splitBytes === 100) expect(splits.length).toBe(5 + 2)
      if (splitBytes >= 490) expect(splits.length).toBe(3)
      expect(await readAll(source, splits)).toEqual(expected)
    }
  })

  it('go to the subtasks that ask, one by one, and return when a subtask fails', async () => {
    const root = await tree({ a: '1', b: '2', c: '3' })
    const { enumerator, assigned, finished } = await coordinate(fileSource({ path: root, format }))
    enumerator.handleSplitRequest(1)
    enumerator.handleSplitRequest(0)
    expect(assigned.map(([subtask, { path }]) => [subtask, relative(root, path)])).toEqual([[1, 'a'], [0, 'b']])
    enumerator.addSplitsBack([assigned[0]?.[1] as never], 1)
    enumerator.handleSplitRequest(0)
    enumerator.handleSplitRequest(0)
    enumerator.handleSplitRequest(0)
    expect(assigned.slice(2).map(([subtask, { path }]) => [subtask, relative(root, path)])).toEqual([[0, 'a'], [0, 'c']])
    expect(finished).toEqual([0])
  })

  it('are listed once: a restored enumerator hands out what was left and nothing else', async () => {
    const root = await tree({ a: '1', b: '2' })
    const source = fileSource({ path: root, format })
    const before = await coordinate(source)
    before.enumerator.handleSplitRequest(0)
    const state = before.enumerator.snapshotState(1)
    await writeFile(join(root, 'c'), '3')
    const after = await coordinate(source, state)
    after.enumerator.handleSplitRequest(0)
    after.enumerator.handleSplitRequest(0)
    expect(after.assigned.map(([, { path }]) => relative(root, path))).toEqual(['b'])
    expect(after.finished).toEqual([0])
  })
})

describe('compression', () => {
  const content = lines(0, 3000)
  const expected = Array.from({ length: 3000 }, (_, i) => ({ good: i }))

  it.each([
    ['x.jsonl.gz', gzipSync(content)],
    ['two-members.GZ', Buffer.concat([gzipSync(content.slice(0, 1003)), gzipSync(content.slice(1003))])],
    ['x.jsonl.zst', zstdCompressSync(content)],
    ['two-frames.zst', Buffer.concat([zstdCompressSync(content.slice(0, 1003)), zstdCompressSync(content.slice(1003))])],
    ['skippable-frame.zst', Buffer.concat([Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]), zstdCompressSync(content)])],
    ['x.jsonl.br', brotliCompressSync(content)],
    ['x.deflate', deflateSync(content)],
  ])('is recognised by extension and never split: %s', async (name, bytes) => {
    const source = fileSource({ path: await tree({ [name]: bytes }), format, splitBytes: 10 })
    const splits = await allSplits(source)
    expect(splits).toHaveLength(1)
    expect(await readAll(source, splits)).toEqual(expected)
  })

  it('can be told or switched off', async () => {
    const told = fileSource({ path: await tree({ plain: gzipSync('7\n') }), format, compression: 'gzip' })
    expect(await readAll(told, await allSplits(told))).toEqual([{ good: 7 }])
    const off = fileSource({ path: await tree({ 'x.gz': '7\n' }), format, compression: 'none' })
    expect(await readAll(off, await allSplits(off))).toEqual([{ good: 7 }])
  })

  it.each([
    ['cut', gzipSync(content).subarray(0, 400)],
    ['damaged', Buffer.from('not gzip at all')],
    ['followed by something else', Buffer.concat([gzipSync(content), Buffer.from('garbage')])],
  ])('reports a file that is %s', async (_, bytes) => {
    const source = fileSource({ path: await tree({ 'x.gz': bytes }), format })
    const splits = await allSplits(source)
    await expect(readAll(source, splits)).rejects.toMatchObject({ code: 'FILE_CORRUPT', origin: 'external', at: { file: expect.stringContaining('x.gz') } })
  })

  it('is refused for formats that cannot be wrapped', async () => {
    const fileReader = { ...lineReader<number>(), wholeFileCompression: false }
    expect(() => fileSource({ path: 'x', format: { fileReader }, compression: 'zstd' })).toThrowError(expect.objectContaining({ code: 'FILE_COMPRESSION_UNSUPPORTED' }))
    const root = await tree({ 'x.gz': '' })
    await expect(allSplits(fileSource({ path: root, format: { fileReader } }))).rejects.toMatchObject({ code: 'FILE_COMPRESSION_UNSUPPORTED', at: { file: join(root, 'x.gz') } })
  })
})

describe('options', () => {
  it('are checked', () => {
    const bad = (options: object): unknown => expect(() => fileSource({ path: 'x', format, ...options })).toThrowError(expect.objectContaining({ code: 'FILE_BAD_OPTION', origin: 'user' }))
    bad({ path: [] })
    bad({ path: '' })
    bad({ splitBytes: 0 })
    bad({ monitorEvery: '0s' })
    expect(() => fileSource({ path: 'x', format, monitorEvery: 'soon' as '1s' })).toThrowError(expect.objectContaining({ code: 'CORE_INVALID_DURATION' }))
  })

  it('say what the source is', () => {
    const type = types.long()
    expect(fileSource({ path: ['a', 'b'], format: { fileReader: { ...lineReader<number>(), type } } })).toMatchObject({
      kind: 'source',
      name: 'file',
      bounded: true,
      type,
      description: { path: 'a, b', format: 'lines', compression: 'auto', splitBytes: 64 * 1024 * 1024, monitorEvery: null },
    })
    expect(fileSource({ path: 'a', format, monitorEvery: '5s' }).bounded).toBe(false)
  })
})

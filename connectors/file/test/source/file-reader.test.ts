import { rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { MillraceError } from '@millrace/core/spi'
import type { FileReaderFormat, FileSystem, RecordBatch } from '@millrace/core/spi'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fileSource } from '@millrace/connector-file'
import type { FileSplit } from '../../src/source/file-split.ts'
import { allSplits, collectingOutput, fileSystems, onFileSystem, openReader, read, readAll, temporaryDirectory } from '../support/contexts.ts'
import type { Collected, ReadEvent } from '../support/contexts.ts'
import { lineReader } from '../support/line-format.ts'

const never = new AbortController().signal
const collected = (): Collected<number> => ({ events: [], released: [] })
/** Good records are their number, bad ones the line itself. */
const plain = (events: readonly ReadEvent<number>[]): readonly (number | string)[] =>
  events.map((event) => ('good' in event ? event.good : Buffer.from(event.bad.raw ?? []).toString()))

describe('resuming', () => {
  it('at any record gives the same rows, good and bad, in the same order', async () => {
    const root = await temporaryDirectory()
    let run = 0
    const line = fc.oneof({ weight: 4, arbitrary: fc.nat(1e6) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 99 }).map((n) => `bad ${n}`) })
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          lines: fc.array(line, { maxLength: 60 }),
          splitBytes: fc.integer({ min: 5, max: 400 }),
          compressed: fc.boolean(),
          cuts: fc.array(fc.integer({ min: 1, max: 25 }), { maxLength: 6 }),
          maxRecords: fc.integer({ min: 1, max: 10 }),
          // Batches may be cut differently after a resume.
          batchSizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
        }),
        async ({ lines, splitBytes, compressed, cuts, maxRecords, batchSizes }) => {
          const path = join(root, `${run++}.jsonl${compressed ? '.gz' : ''}`)
          const text = lines.map((value) => `${value}\n`).join('')
          await writeFile(path, compressed ? gzipSync(text) : text)
          const source = (attempt: number) => fileSource({ path, splitBytes, format: { fileReader: lineReader<number>({ batchRecords: batchSizes[attempt % batchSizes.length] as number }) } })
          let splits = await allSplits(source(0))
          const into = collected()
          for (const [attempt, cut] of [...cuts, Infinity].entries()) {
            const reader = openReader(source(attempt), splits)
            await read(reader, into, into.events.length + cut, maxRecords)
            splits = JSON.parse(JSON.stringify(reader.snapshotSplits(attempt))) as FileSplit[]
            await reader.close?.()
          }
          expect(splits).toEqual([])
          expect(plain(into.events)).toEqual(lines)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('counts from the first record of the batch and keeps the splits that wait', async () => {
    const root = await temporaryDirectory()
    await writeFile(join(root, 'a'), '1\n2\nx\n4\n5\n')
    await writeFile(join(root, 'b'), '6\n')
    const source = fileSource({ path: root, format: { fileReader: lineReader<number>({ batchRecords: 3 }) } })
    const splits = await allSplits(source)
    const reader = openReader(source, splits)
    expect(reader.snapshotSplits(1)).toEqual(splits)
    await read(reader, collected(), 3, 2)
    expect(reader.snapshotSplits(2)).toEqual([{ ...splits[0], position: 0, skip: 3 }, splits[1]])
    await read(reader, collected(), 1)
    expect(reader.snapshotSplits(3)).toEqual([{ ...splits[0], position: 6, skip: 1 }, splits[1]])
    await reader.close?.()
  })

  it('is exact also while records emitted before are still being passed over', async () => {
    const path = join(await temporaryDirectory(), 'a')
    await writeFile(path, '1\nx\n3\n4\n5\n6\n7\n8\n')
    const source = fileSource({ path, format: { fileReader: lineReader<number>({ batchRecords: 2 }) } })
    const [whole] = (await allSplits(source)) as readonly [FileSplit]
    const reader = openReader(source, [{ ...whole, skip: 6 }])
    const output = collectingOutput(collected())
    const positions = new Set<number | null>()
    while (reader.poll(output, 1) === 'pending') {
      const [split] = reader.snapshotSplits(1) as readonly [FileSplit]
      positions.add(split.position)
      expect(plain(await readAll(source, [split]))).toEqual([7, 8])
      await reader.available(never)
    }
    expect([...positions]).toEqual([null, 0, 4, 8])
    await reader.close?.()
  })

  it('refuses when the file has fewer records than were read from it', async () => {
    const path = join(await temporaryDirectory(), 'a')
    await writeFile(path, '1\n2\n3\n')
    const source = fileSource({ path, format: { fileReader: lineReader<number>() } })
    const [split] = await allSplits(source)
    await expect(readAll(source, [{ ...(split as FileSplit), skip: 5 }])).rejects.toMatchObject({ code: 'FILE_CHANGED', message: expect.stringContaining('2 records fewer') })
  })
})

describe('reading', () => {
  it('emits in order, releases each split and never more than asked for', async () => {
    const root = await temporaryDirectory()
    await writeFile(join(root, 'a'), '1\nbad a\nbad b\n4\n')
    await writeFile(join(root, 'b'), 'bad c\n6\nbad d\n')
    const source = fileSource({ path: root, format: { fileReader: lineReader<number>({ batchRecords: 4 }) } })
    const splits = await allSplits(source)
    for (const maxRecords of [1, 2, 3, 100]) {
      const into = collected()
      const reader = openReader(source, splits)
      const output = collectingOutput(into)
      for (let result = reader.poll(output, maxRecords); result !== 'end'; ) {
        if (result === 'pending') await reader.available(never)
        const before = into.events.length
        result = reader.poll(output, maxRecords)
        expect(into.events.length - before).toBeLessThanOrEqual(maxRecords)
      }
      expect(plain(into.events)).toEqual([1, 'bad a', 'bad b', 4, 'bad c', 6, 'bad d'])
      expect(into.released).toEqual(splits.map(({ id }) => id))
      expect(reader.snapshotSplits(1)).toEqual([])
    }
    const [first] = await readAll(source, splits.slice(1))
    expect(first).toMatchObject({ bad: { source: join(root, 'b'), offset: 0, code: 'LINE_BAD' } })
  })

  it('closes each file when its split ends, and the current one when it is closed', async () => {
    const root = await temporaryDirectory()
    for (const name of ['a', 'b', 'c']) await writeFile(join(root, name), '1\n2\n')
    const local = fileSystems.forPath(root)
    const open = new Set<string>()
    const counting: FileSystem = {
      ...local,
      async open(path) {
        const file = await local.open(path)
        open.add(path)
        return { ...file, close: () => (open.delete(path), file.close()) }
      },
    }
    const source = fileSource({ path: root, format: { fileReader: lineReader<number>({ batchRecords: 1 }) } })
    const reader = openReader(source, await allSplits(source), onFileSystem(counting))
    await read(reader, collected(), 3)
    expect([...open]).toEqual([join(root, 'b')])
    await reader.close?.()
    expect(open.size).toBe(0)
  })

  it('reads one batch ahead and not more', async () => {
    const path = join(await temporaryDirectory(), 'a')
    await writeFile(path, '1\n'.repeat(100))
    const asked = { batches: 0 }
    const source = fileSource({ path, format: { fileReader: lineReader<number>({ batchRecords: 10, asked }) } })
    const reader = openReader(source, await allSplits(source))
    const into = collected()
    await read(reader, into, 1)
    await reader.available(never)
    expect(asked.batches).toBe(2)
    await read(reader, into, 10)
    await reader.available(never)
    expect(asked.batches).toBe(2)
    await read(reader, into, 11)
    expect(asked.batches).toBe(3)
    await reader.close?.()
  })

  it('wakes from available when told to stop', async () => {
    const path = join(await temporaryDirectory(), 'a')
    await writeFile(path, '1\n')
    const { promise: neverRead } = Promise.withResolvers<RecordBatch<number> | undefined>()
    const fileReader: FileReaderFormat<number> = {
      name: 'stuck',
      wholeFileCompression: false,
      open: (_, { signal }) => ({
        readBatch: () => Promise.race([neverRead, new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined)))]),
        close() {},
      }),
    }
    const source = fileSource({ path, format: { fileReader } })
    const reader = openReader(source, await allSplits(source))
    expect(reader.poll(collectingOutput(collected()), 1)).toBe('pending')
    const stop = new AbortController()
    const waiting = reader.available(stop.signal)
    stop.abort()
    await waiting
    await reader.available(stop.signal)
    await reader.close?.()
  })

  it('passes on what the format reports, with the file', async () => {
    const path = join(await temporaryDirectory(), 'a')
    await writeFile(path, '1\n')
    const failing = (error: Error): FileReaderFormat<number> => ({
      name: 'failing',
      wholeFileCompression: false,
      open: () => ({ readBatch: () => Promise.reject(error), close() {} }),
    })
    const damaged = fileSource({ path, format: { fileReader: failing(new MillraceError('PARQUET_CORRUPT', 'no footer', { origin: 'external' })) } })
    await expect(readAll(damaged, await allSplits(damaged))).rejects.toMatchObject({ code: 'PARQUET_CORRUPT', at: { file: path } })
    const broken = fileSource({ path, format: { fileReader: failing(new TypeError('oops')) } })
    await expect(readAll(broken, await allSplits(broken))).rejects.toMatchObject({ code: 'FILE_READ_FAILED', message: expect.stringContaining('oops') })
  })
})

describe('a file that changes', () => {
  const setUp = async () => {
    const path = join(await temporaryDirectory(), 'a')
    await writeFile(path, '1\n'.repeat(50))
    await utimes(path, 1e9, 1e9)
    const source = fileSource({ path, format: { fileReader: lineReader<number>() } })
    return { path, source, splits: await allSplits(source) }
  }
  const changed = (found: string) => ({ code: 'FILE_CHANGED', origin: 'external', retryable: false, message: expect.stringContaining(found) })

  it('between planning and reading is refused: longer, shorter, touched, gone', async () => {
    const { path, source, splits } = await setUp()
    await truncate(path, 40)
    await expect(readAll(source, splits)).rejects.toMatchObject(changed('expected 100 bytes, found 40'))
    await writeFile(path, '1\n'.repeat(51))
    await expect(readAll(source, splits)).rejects.toMatchObject(changed('expected 100 bytes, found 102'))
    await writeFile(path, '2\n'.repeat(50))
    await expect(readAll(source, splits)).rejects.toMatchObject(changed('expected modification time 2001-09-09T01:46:40.000Z'))
    await rm(path)
    await expect(readAll(source, splits)).rejects.toMatchObject(changed('it is gone'))
  })

  it('between a checkpoint and the resume is refused', async () => {
    const { path, source, splits } = await setUp()
    const reader = openReader(source, splits)
    await read(reader, collected(), 11)
    const resumed = reader.snapshotSplits(1)
    await reader.close?.()
    await writeFile(path, '2\n'.repeat(50))
    await expect(readAll(source, resumed)).rejects.toMatchObject(changed('modification time'))
  })

  it('while it is being read is refused before the split ends', async () => {
    const { path, source, splits } = await setUp()
    const reader = openReader(source, splits)
    const into = collected()
    await read(reader, into, 1)
    await writeFile(path, '2\n'.repeat(50))
    await expect(read(reader, into)).rejects.toMatchObject(changed('modification time'))
    expect(into.released).toEqual([])
    await reader.close?.()
  })

  it('is named as the cause of damage that the format finds', async () => {
    const { path, source, splits } = await setUp()
    const local = fileSystems.forPath(path)
    const cutWhileReading: FileSystem = {
      ...local,
      async open(name) {
        const file = await local.open(name)
        await truncate(name, 10)
        return file
      },
    }
    const reader = openReader(source, splits, onFileSystem(cutWhileReading))
    await expect(read(reader, collected())).rejects.toMatchObject({ ...changed('found 10'), cause: { code: 'FS_IO' } })
    await reader.close?.()
  })
})

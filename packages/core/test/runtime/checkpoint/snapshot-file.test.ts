import { expect, test } from 'vitest'
import { openSnapshotFile } from '../../../src/runtime/checkpoint/snapshot-file-reader.ts'
import { writeSnapshotFile } from '../../../src/runtime/checkpoint/snapshot-file-writer.ts'
import { readSnapshotFiles, writeKeyedSnapshot } from '../../../src/runtime/checkpoint/snapshot-file.ts'
import type { StateOutput } from '../../../src/spi/checkpoint-storage.ts'
import type { KeyedStateSnapshot, KeyGroupChunk } from '../../../src/spi/keyed-state-snapshot.ts'

const PATH = 'chk-1/op-0'

interface BufferedOutput extends StateOutput {
  readonly events: string[]
  bytes(): Uint8Array
}

function bufferedOutput(full: () => Promise<void> | undefined = () => undefined): BufferedOutput {
  const chunks: Uint8Array[] = []
  const events: string[] = []
  return {
    events,
    bytes: () => Buffer.concat(chunks),
    write: (bytes) => void chunks.push(bytes.slice()),
    ready: full,
    close: async () => {
      events.push('close')
      return { path: 'x', sizeBytes: Buffer.concat(chunks).length }
    },
    abort: async () => void events.push('abort'),
  }
}

function snapshotOf(chunks: Iterable<KeyGroupChunk>): KeyedStateSnapshot & { released: boolean } {
  const states = [{ name: 'é', kind: 'value', layout: 'key', valueSchema: { kind: 'long' }, valueSerializer: { id: 'long', version: 1 } }] as const
  const snapshot = { states, released: false, chunks: () => chunks, release: () => void (snapshot.released = true) }
  return snapshot
}

const chunk = (keyGroup: number, length: number, entries = 2000): KeyGroupChunk => ({ keyGroup, bytes: new Uint8Array(length).fill(keyGroup + 1), entries })
const noPause = (): Promise<void> => Promise.resolve()
const CHUNKS = [chunk(2, 100), chunk(3, 5), chunk(3, 7), { keyGroup: 4, bytes: new Uint8Array(0), entries: 0 }, chunk(9, 1000)]

async function written(chunks: Iterable<KeyGroupChunk> = CHUNKS): Promise<Uint8Array> {
  const output = bufferedOutput()
  await writeSnapshotFile({ keyed: snapshotOf(chunks), sections: new Map([['extra', new Uint8Array([1, 2, 3])]]) }, output, noPause)
  return output.bytes()
}

function fileOf(bytes: Uint8Array, reads: [number, number][] = []) {
  return {
    path: PATH,
    size: bytes.length,
    read: async (start: number, end: number) => {
      reads.push([start, end])
      return bytes.slice(start, end)
    },
  }
}

test('key groups, states and sections come back', async () => {
  const bytes = await written()
  const file = await openSnapshotFile(fileOf(bytes))
  expect(file.states).toEqual(snapshotOf([]).states)
  expect([...((await file.section('extra')) as Uint8Array)]).toEqual([1, 2, 3])
  expect(await file.section('other')).toBeUndefined()
  const reader = file.keyed({ start: 3, end: 9 })
  expect((await reader.read(3)).length).toBe(12)
  expect([...new Set(await reader.read(9))]).toEqual([10])
  expect((await reader.read(4)).length).toBe(0)
  expect((await reader.read(2)).length).toBe(0) // outside of the range
})

test('a restore reads its own key groups only, and neighbours at once', async () => {
  const bytes = await written(Array.from({ length: 128 }, (_, keyGroup) => chunk(keyGroup, 10_000)))
  const reads: [number, number][] = []
  const reader = await readSnapshotFiles([fileOf(bytes, reads)], { start: 40, end: 49 })
  reads.length = 0
  for (let keyGroup = 40; keyGroup <= 49; keyGroup++) expect((await reader.read(keyGroup)).length).toBe(10_000)
  expect(reads.length).toBe(1)
  expect((reads[0]?.[1] ?? 0) - (reads[0]?.[0] ?? 0)).toBe(100_000)
})

test('pauses about every 2000 entries and after empty slices, waits for the output, closes it once', async () => {
  let pauses = 0
  let waits = 0
  const output = bufferedOutput(() => Promise.resolve(void waits++))
  const chunks = [chunk(0, 1, 500), chunk(1, 1, 500), chunk(2, 1, 1000), chunk(3, 1, 10), { ...chunk(4, 0), entries: 0 }]
  await writeKeyedSnapshot(snapshotOf(chunks), output, async () => void pauses++)
  expect([pauses, waits > chunks.length, output.events]).toEqual([2, true, ['close']])
})

test('a failure releases the snapshot and aborts the output', async () => {
  for (const fail of ['chunks', 'pause', 'ready'] as const) {
    const boom = new Error(fail)
    const snapshot = snapshotOf(
      (function* () {
        yield chunk(0, 1)
        if (fail === 'chunks') throw boom
      })(),
    )
    const output = bufferedOutput(() => (fail === 'ready' ? Promise.reject(boom) : undefined))
    await expect(writeKeyedSnapshot(snapshot, output, () => (fail === 'pause' ? Promise.reject(boom) : noPause()))).rejects.toBe(boom)
    expect([snapshot.released, output.events]).toEqual([true, ['abort']])
  }
})

async function readAll(bytes: Uint8Array): Promise<void> {
  const file = await openSnapshotFile(fileOf(bytes))
  const reader = file.keyed({ start: 0, end: 127 })
  for (let keyGroup = 0; keyGroup < 128; keyGroup++) await reader.read(keyGroup)
  for (const { name } of file.index.sections) await file.section(name)
}

test('cut off anywhere, it is said to be', async () => {
  const bytes = await written()
  for (let length = 0; length < bytes.length; length++) {
    await expect(readAll(bytes.subarray(0, length)), `at ${length}`).rejects.toMatchObject({ code: 'CKPT_CORRUPT', message: expect.stringContaining('cut off'), at: { file: PATH } })
  }
})

test('a flipped bit anywhere is found', async () => {
  const bytes = await written()
  for (let position = 0; position < bytes.length; position++) {
    const flipped = bytes.slice()
    flipped[position] = (flipped[position] as number) ^ 1
    const found = await readAll(flipped).then(
      () => 'nothing',
      (error: { code: string }) => error.code,
    )
    // the footer repeats the version, which only its own checksum covers
    expect(found, `at ${position}`).toMatch(/^CKPT_(CORRUPT|UNSUPPORTED_VERSION)$/)
  }
})

test('another kind of file, a later version and altered parts are told apart', async () => {
  const bytes = Buffer.from(await written())
  const altered = (change: (copy: Buffer) => void): Buffer => {
    const copy = Buffer.from(bytes)
    change(copy)
    return copy
  }
  await expect(readAll(Buffer.from('PAR1 or anything else'.padEnd(200)))).rejects.toMatchObject({ code: 'CKPT_CORRUPT', message: expect.stringContaining('starts differently') })
  await expect(readAll(altered((copy) => copy.writeInt32LE(3, 8)))).rejects.toMatchObject({ code: 'CKPT_UNSUPPORTED_VERSION', message: expect.stringMatching(/version 3.*up to 2/), origin: 'user' })
  await expect(readAll(altered((copy) => void (copy[20] = 0)))).rejects.toThrow(/chk-1\/op-0 is damaged: the checksum of its header/)
  const group9 = bytes.indexOf(new Uint8Array(50).fill(10))
  await expect(readAll(altered((copy) => void (copy[group9] = 0)))).rejects.toThrow(/the checksum of key group 9/)
  await expect(readAll(altered((copy) => void (copy[bytes.indexOf('"keyGroups"') + 1] = 0)))).rejects.toThrow(/the checksum of its index/)
})

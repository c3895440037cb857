import { types } from '@millrace/core'
import avsc from 'avsc'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { avro } from '../src/index.ts'
import type { AvroOptions } from '../src/index.ts'
import { input, readAvro, writeAvro } from './read-avro.ts'

const Row = types.row({ id: types.long(), name: types.string(), maybe: types.double().nullable() })
const rows = Array.from({ length: 5000 }, (_, id) => ({ id: id * 1_000_003, name: `name ${id % 13}`, maybe: id % 3 === 0 ? null : id / 7 }))
const format = (options: AvroOptions = {}): ReturnType<typeof avro<(typeof rows)[number]>> => avro(Row as never, options) as never
const signal = new AbortController().signal
/** Several blocks, several batches in some of them. */
const file = writeAvro(format({ codec: 'deflate', blockBytes: 40_000 }).fileWriter, rows)

describe('what is written', () => {
  test.each(['null', 'deflate', 'snappy', 'zstandard'])('with %s is read back', async (codec) => {
    const { fileWriter, fileReader } = format({ codec, blockBytes: 3000 })
    const bytes = writeAvro(fileWriter, rows)
    const { rows: found, bad } = await readAvro(fileReader, input(bytes))
    expect(bad).toEqual([])
    expect(found).toEqual(rows)
    expect((await readAvro(avro().fileReader, input(bytes))).rows).toEqual(rows)
  })

  test.each(['null', 'deflate'])('with %s is read by avsc', async (codec) => {
    const bytes = writeAvro(format({ codec, name: 'Flight', namespace: 'org.example', metadata: { owner: 'me' } }).fileWriter, rows)
    const decoder = new avsc.streams.BlockDecoder()
    const found: unknown[] = []
    let header: { readonly owner?: Buffer } = {}
    decoder.on('metadata', (type: { readonly name: string }, _codec: string, parsed: { readonly meta: typeof header }) => {
      expect(type.name).toBe('org.example.Flight')
      header = parsed.meta
    })
    decoder.on('data', (row: object) => found.push({ ...row }))
    const ended = new Promise((resolve, reject) => decoder.on('end', resolve).on('error', reject))
    decoder.end(bytes)
    await ended
    expect(found).toEqual(rows)
    expect(header.owner?.toString()).toBe('me')
  })

  test('is a header alone without records', async () => {
    const bytes = writeAvro(format().fileWriter, [])
    expect(await readAvro(format().fileReader, input(bytes))).toEqual({ rows: [], bad: [], batches: [] })
  })

  test('stays sound when a record is refused in the middle', async () => {
    const parts: Uint8Array[] = []
    const writer = format().fileWriter.open({ write: (bytes) => void parts.push(bytes) }, { continued: false })
    const [first, second] = rows as [(typeof rows)[0], (typeof rows)[0]]
    writer.write(first)
    expect(() => writer.write({ id: 1, name: 7 as never, maybe: null })).toThrow(expect.objectContaining({ code: 'AVRO_TYPE_MISMATCH', at: { field: 'name' }, message: expect.stringContaining('expected a string, found number 7') }))
    writer.write(second)
    void writer.finish()
    expect((await readAvro(format().fileReader, input(Buffer.concat(parts)))).rows).toEqual([first, second])
  })
})

describe('reading', () => {
  const { fileReader } = format()

  test('gives the same whatever the chunks', async () => {
    for (const chunkBytes of [1, 7, 16, 1000]) expect((await readAvro(fileReader, input(file, chunkBytes))).rows).toEqual(rows)
  })

  test('can start again at every position', async () => {
    const { batches } = await readAvro(fileReader, input(file))
    expect(batches.length).toBeGreaterThan(5)
    expect(new Set(batches.map(({ position }) => position)).size).toBe(batches.length)
    expect(batches.every(({ values }) => values.length <= 1000)).toBe(true)
    let before = 0
    for (const { position, values } of batches) {
      expect((await readAvro(fileReader, input(file, 997), { position })).rows).toEqual(rows.slice(before))
      before += values.length
    }
  })

  test('in ranges gives every record once, wherever they are cut, and from every position in them', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.nat(file.length), { maxLength: 5 }), fc.integer({ min: 50, max: 5000 }), async (cuts, chunkBytes) => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), file.length]
        const ranges = edges.slice(1).map((end, index) => ({ start: edges[index] as number, end }))
        const parts = await Promise.all(ranges.map((range) => readAvro(fileReader, input(file, chunkBytes), { range })))
        expect(parts.flatMap((part) => part.rows)).toEqual(rows)
        for (const [index, { batches }] of parts.entries()) {
          const last = batches.at(-1)
          if (last !== undefined) expect((await readAvro(fileReader, input(file), { range: ranges[index] as (typeof ranges)[0], position: last.position })).rows).toEqual(last.values)
        }
      }),
      { numRuns: 25 },
    ))

  test('is planned in ranges of about the asked size', async () => {
    const ranges = (await fileReader.planRanges?.(input(file), { targetBytes: file.length / 4, signal })) ?? []
    expect(ranges.length).toBe(4)
    expect([ranges[0]?.start, ranges.at(-1)?.end]).toEqual([0, file.length])
  })

  test('stops when it is aborted', async () => {
    await expect(fileReader.open(input(file), { signal: AbortSignal.abort(new Error('stop')) }).readBatch()).rejects.toThrow('stop')
  })
})

describe('damage', () => {
  const { fileReader } = format()

  test('of a header ends the reading with path and remedy', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('Obj'), Buffer.from('id,name\n1,2\n'), file.subarray(0, 60), Buffer.concat([Buffer.from('Obj\u0002'), file.subarray(4)])]) {
      await expect(readAvro(fileReader, input(bytes))).rejects.toMatchObject({ code: 'AVRO_DATA', origin: 'external', message: expect.stringMatching(/in\.avro|bytes/) })
    }
  })

  test('of one block costs that block only', async () => {
    const { batches } = await readAvro(fileReader, input(file))
    const blocks = batches.map(({ position }) => position).filter(Number.isInteger)
    const bytes = Buffer.from(file)
    const at = (blocks[1] as number) + 100
    bytes[at] = (bytes[at] as number) ^ 0xff
    const { rows: found, bad } = await readAvro(format({ codec: 'deflate' }).fileReader, input(bytes))
    expect(bad.length).toBeGreaterThan(0)
    expect(bad[0]?.record).toMatchObject({ source: 'in.avro', code: 'AVRO_DATA', offset: blocks[1] })
    expect(found.slice(0, 100)).toEqual(rows.slice(0, 100))
    expect(found.at(-1)).toEqual(rows.at(-1))
  })

  test('at the end of a file that was cut short is told', async () => {
    const { rows: found, bad } = await readAvro(fileReader, input(file.subarray(0, file.length - 10)))
    expect(bad.map(({ record }) => record.reason)).toEqual([expect.stringContaining('expected a whole block, found the end of the file')])
    expect(found).toEqual(rows.slice(0, found.length))
  })

  test('is found by the checksum of snappy', async () => {
    const bytes = writeAvro(format({ codec: 'snappy' }).fileWriter, rows.slice(0, 5))
    bytes[bytes.length - 17] = (bytes[bytes.length - 17] as number) ^ 1
    const { rows: found, bad } = await readAvro(fileReader, input(bytes))
    expect(found).toEqual([])
    expect(bad[0]?.record.reason).toContain('CRC-32')
  })

  test.each(['snappy', 'zstandard', 'null'])('of any byte of a %s file gives an error of ours, bad records or rows, never a wrong row where there is a checksum', (codec) => {
    const bytes = writeAvro(format({ codec, blockBytes: 300 }).fileWriter, rows.slice(0, 100))
    const known = new Set(rows.slice(0, 100).map((row) => JSON.stringify(row)))
    const headerEnd = bytes.indexOf(bytes.subarray(-16)) + 16
    return fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const damagedBytes = Buffer.from(bytes)
        damagedBytes[at] = (damagedBytes[at] as number) ^ flip
        try {
          const { rows: found } = await readAvro(fileReader, input(damagedBytes))
          if (codec !== 'null' && at >= headerEnd) expect(found.every((row) => known.has(JSON.stringify(row)))).toBe(true)
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^(?:AVRO_|CORE_)/) })
        }
      }),
      { numRuns: 150 },
    )
  })

  test('of lengths and counts costs no memory', async () => {
    const header = writeAvro(avro({ type: 'record', name: 'R', fields: [{ name: 'a', type: { type: 'array', items: 'null' } }, { name: 'b', type: 'bytes' }] }, { codec: 'null' }).fileWriter, [])
    const marker = header.subarray(-16)
    const huge = Buffer.from([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f])
    const block = (content: Buffer): Buffer => Buffer.concat([header, Buffer.from([2, content.length * 2]), content, marker])
    for (const bytes of [block(huge), block(Buffer.concat([Buffer.from([0]), huge])), Buffer.concat([header, Buffer.from([2]), huge]), Buffer.concat([header, huge, huge])]) {
      const { rows: found, bad } = await readAvro(avro().fileReader, input(bytes))
      expect(found).toEqual([])
      expect(bad[0]?.record.code).toBe('AVRO_DATA')
    }
    const bomb = writeAvro(avro({ type: 'record', name: 'R', fields: [{ name: 's', type: 'string' }] }, { codec: 'deflate' }).fileWriter, [{ s: ' '.repeat(3_000_000) }])
    expect(bomb.length).toBeLessThan(10_000)
    expect((await readAvro(avro('string', { maxBlockBytes: 1_000_000 }).fileReader, input(bomb)).catch((error: unknown) => error)) as object).toMatchObject({ code: 'AVRO_SCHEMA' })
    const { bad } = await readAvro(avro({ type: 'record', name: 'R', fields: [{ name: 's', type: 'string' }] }, { maxBlockBytes: 1_000_000 }).fileReader, input(bomb))
    expect(bad.length).toBe(1)
  })
})

describe('values that the type cannot hold', () => {
  test('make bad records with their place, and the records after them are read', async () => {
    const Wide = types.row({ id: types.bigint(), name: types.string().nullable() })
    const ids = [1n, 2n ** 53n, -(2n ** 63n), 5n, 6n]
    const bytes = writeAvro((avro(Wide as never, { codec: 'null' }) as ReturnType<typeof avro<object>>).fileWriter, ids.map((id) => ({ id, name: id === 6n ? null : 'x' })))
    const Narrow = types.row({ id: types.long(), name: types.string() })
    const { rows: found, bad } = await readAvro(avro(Narrow as never).fileReader, input(bytes))
    expect(found).toEqual([{ id: 1, name: 'x' }, { id: 5, name: 'x' }])
    expect(bad.map(({ index, record }) => [index, record.code, record.field])).toEqual([[1, 'AVRO_VALUE', 'id'], [1, 'AVRO_VALUE', 'id'], [2, 'AVRO_VALUE', 'name']])
    expect(bad[0]?.record.reason).toContain('types.bigint()')
    expect(bad[2]?.record.reason).toContain('found null')
    const record = bad[1]?.record
    expect(bytes.subarray(record?.offset ?? 0, (record?.offset ?? 0) + (record?.raw?.length ?? 0))).toEqual(Buffer.from(record?.raw ?? []))
    expect((await readAvro(avro(Wide as never).fileReader, input(bytes))).rows).toEqual(ids.map((id) => ({ id, name: id === 6n ? null : 'x' })))
  })
})

test('options are checked when the format is made', () => {
  expect(() => format({ codec: 'bzip2' })).toThrow(expect.objectContaining({ code: 'AVRO_CODEC', message: expect.stringContaining('null, deflate, zstandard, snappy') }))
  expect(() => format({ blockBytes: 0 })).toThrow(expect.objectContaining({ code: 'AVRO_OPTION' }))
  expect(() => format({ metadata: { 'avro.codec': 'x' } })).toThrow(expect.objectContaining({ code: 'AVRO_OPTION' }))
})

test('codecs can be added', async () => {
  const invert = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte ^ 0xff)
  const options = { codec: 'invert', codecs: { invert: { compress: invert, decompress: invert } } }
  const bytes = writeAvro(format(options).fileWriter, rows)
  expect((await readAvro(format(options).fileReader, input(bytes))).rows).toEqual(rows)
  await expect(readAvro(format().fileReader, input(bytes))).rejects.toMatchObject({ code: 'AVRO_CODEC', message: expect.stringContaining('in.avro') })
})

import { types } from '@millrace/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csv } from '../src/index.ts'
import { input, readCsv } from './read-csv.ts'

const Row = types.row({ n: types.int(), s: types.string() })

/** Lines good and bad, in all line breaks. */
const line = fc.oneof(
  fc.nat(99).map((n) => `${n},plain`),
  fc.nat(99).map((n) => `${n},"quo""ted é漢"`),
  fc.constantFrom('', 'bad,x', '1', '1,2,3', '7,"open', '8,"x"y', '9,a"b'),
)
const file = fc.tuple(fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r'))), fc.boolean(), fc.constantFrom('', '\uFEFF')).map(([lines, cut, mark]) => {
  const text = `${mark}n,s\n${lines.map(([content, end]) => content + end).join('')}`
  return cut ? text.replace(/[\r\n]+$/, '') : text
})
const shown = (read: Awaited<ReturnType<typeof readCsv>>) => [read.rows, read.bad.map(({ record }) => [record.code, record.offset, Buffer.from(record.raw ?? []).toString()])]

test('the same records come out whatever the chunks', async () => {
  const format = csv(Row).fileReader
  await fc.assert(
    fc.asyncProperty(file, fc.integer({ min: 1, max: 40 }), async (text, chunkBytes) => {
      expect(shown(await readCsv(format, input(text, chunkBytes)))).toEqual(shown(await readCsv(format, input(text))))
    }),
    { numRuns: 200 },
  )
})

test('reading again from a position gives the rest', async () => {
  const format = csv(Row).fileReader
  await fc.assert(
    fc.asyncProperty(file, fc.integer({ min: 1, max: 40 }), fc.nat(), async (text, chunkBytes, pick) => {
      const { batches } = await readCsv(format, input(text, chunkBytes))
      const from = batches.length === 0 ? 0 : pick % batches.length
      const position = batches[from]?.position
      if (position === undefined) return
      const rest = await readCsv(format, input(text, 9), { position })
      expect(rest.batches[0]?.position).toBe(position)
      expect(rest.rows).toEqual(batches.slice(from).flatMap((batch) => batch.values))
      expect(rest.bad.map(({ record }) => record.offset)).toEqual(batches.slice(from).flatMap((batch) => batch.bad.map(({ record }) => record.offset)))
    }),
    { numRuns: 200 },
  )
})

test('ranges give every record exactly once, wherever they are cut', async () => {
  const format = csv(Row, { embeddedNewlines: false }).fileReader
  await fc.assert(
    fc.asyncProperty(file, fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 20 }), async (text, targetBytes, chunkBytes) => {
      const whole = await readCsv(format, input(text))
      const ranges = (await format.planRanges?.(input(text), { targetBytes, signal: new AbortController().signal })) ?? []
      expect(ranges[0]?.start).toBe(0)
      expect(ranges.at(-1)?.end).toBe(Buffer.byteLength(text))
      const parts = await Promise.all(ranges.map((range) => readCsv(format, input(text, chunkBytes), { range })))
      expect(parts.flatMap((part) => part.rows)).toEqual(whole.rows)
      expect(parts.flatMap((part) => part.bad.map(({ record }) => record.offset))).toEqual(whole.bad.map(({ record }) => record.offset))
    }),
    { numRuns: 300 },
  )
})

test('a byte order mark belongs to the first range, whatever its length', async () => {
  const format = csv(Row, { embeddedNewlines: false, header: false }).fileReader
  const text = '\uFEFF1,a\n2,b\n'
  for (const cut of [1, 2, 3, 4, 5]) {
    const ranges = [{ start: 0, end: cut }, { start: cut, end: Buffer.byteLength(text) }]
    const parts = await Promise.all(ranges.map((range) => readCsv(format, input(text, 2), { range })))
    expect(parts.flatMap((part) => part.rows)).toEqual([{ n: 1, s: 'a' }, { n: 2, s: 'b' }])
  }
})

test('a resume inside a range stays inside it', async () => {
  const format = csv(Row, { embeddedNewlines: false }).fileReader
  const text = `n,s\n${Array.from({ length: 3000 }, (_, i) => `${i},text ${i}`).join('\n')}`
  const range = { start: 10_000, end: 30_000 }
  const whole = await readCsv(format, input(text, 4096), { range })
  const second = whole.batches[1]
  const rest = await readCsv(format, input(text, 512), { range, ...(second === undefined ? {} : { position: second.position }) })
  expect(rest.rows).toEqual(whole.batches.slice(1).flatMap((batch) => batch.values))
  expect(whole.rows.length).toBeGreaterThan(1200)
})

test('lines are counted from the start of the file, also where reading starts in the middle of it', async () => {
  const format = csv(Row, { embeddedNewlines: false }).fileReader
  const text = 'n,s\n1,a\n\nx,b\n2,c\ny,d\n'
  expect((await readCsv(format, input(text))).bad.map(({ record }) => record.line)).toEqual([4, 6])
  expect((await readCsv(format, input(text), { range: { start: 5, end: 99 } })).bad.map(({ record }) => record.line)).toEqual([4, 6])
})

test('files with line breaks in fields are cut outside of quotes, and not behind quotes that do not add up', async () => {
  const format = csv(Row).fileReader
  const quoted = fc.oneof(line, fc.constantFrom('1,"a\nb"', '2,"\n"', '3,"x""\n""y"', '"4","\r\n,"'))
  const lines = fc.array(fc.tuple(quoted, fc.constantFrom('\n', '\r\n')), { maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(lines, fc.constantFrom('', '\uFEFF'), fc.integer({ min: 1, max: 60 }), async (parts, mark, targetBytes) => {
      const text = `${mark}n,s\n${parts.map(([content, end]) => content + end).join('')}`
      const whole = await readCsv(format, input(text))
      const ranges = (await format.planRanges?.(input(text), { targetBytes, signal: new AbortController().signal })) ?? []
      const read = await Promise.all(ranges.map((range) => readCsv(format, input(text, 5), { range })))
      expect(read.flatMap((part) => part.rows)).toEqual(whole.rows)
      expect(read.flatMap((part) => part.bad.map(({ record }) => [record.offset, record.line]))).toEqual(whole.bad.map(({ record }) => [record.offset, record.line]))
    }),
    { numRuns: 300 },
  )
})

test('a well-formed file is cut into as many ranges as were asked for', async () => {
  const text = `n,s\n${Array.from({ length: 500 }, (_, i) => `${i},"line ""${i}""\nand more"\n`).join('')}`
  const ranges = (await csv(Row).fileReader.planRanges?.(input(text), { targetBytes: 1000, signal: new AbortController().signal })) ?? []
  expect(ranges.length).toBe(14)
  expect(ranges.every(({ start }) => start === 0 || text.slice(start - 2, start) === '"\n')).toBe(true)
})

test('dialects whose quotes cannot be followed are one range', () => {
  for (const options of [{ comment: '#' }, { escape: '\\' }, { encoding: 'utf-16le' }, { delimiter: '||' }] as const) expect(csv(Row, options).fileReader.planRanges).toBeUndefined()
})

test('what was opened for the header is closed, also when reading starts elsewhere or stops early', async () => {
  const format = csv(Row, { embeddedNewlines: false }).fileReader
  const text = `n,s\n${'1,a\n'.repeat(2000)}`
  let open = 0
  const counted = input(text, 16)
  const chunks = async function* (offset: number) {
    open++
    try {
      yield* counted.chunks(offset)
    } finally {
      open--
    }
  }
  for (const options of [{}, { position: 404 }, { range: { start: 100, end: 200 } }]) {
    const reader = format.open({ ...counted, chunks }, { ...options, signal: new AbortController().signal })
    await reader.readBatch()
    expect(open).toBe(1)
    await reader.close()
    expect(open).toBe(0)
  }
})

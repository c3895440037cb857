import { MillraceError } from '@millrace/core/spi'
import type { BadRecord, FileReaderFormat, FileWriterFormat, FormatInput, FormatRange, PlacedBadRecord, RecordBatch } from '@millrace/core/spi'

interface Line {
  readonly offset: number
  readonly bytes: Uint8Array
}

async function* linesFrom(input: FormatInput, offset: number, end: number): AsyncGenerator<Line> {
  let rest = Buffer.alloc(0)
  let start = offset
  for await (const chunk of input.chunks(offset)) {
    rest = Buffer.concat([rest, chunk])
    for (let newline = rest.indexOf(10); newline >= 0; newline = rest.indexOf(10)) {
      if (start >= end) return
      yield { offset: start, bytes: rest.subarray(0, newline) }
      rest = rest.subarray(newline + 1)
      start += newline + 1
    }
  }
  if (rest.length > 0 && start < end) yield { offset: start, bytes: rest }
}

/** One JSON value a line; splittable: a line belongs to the range in which it starts. Counts how many batches were asked for. */
export function lineReader<T>(options: { readonly batchRecords?: number; readonly asked?: { batches: number } } = {}): FileReaderFormat<T> {
  const { batchRecords = 7, asked = { batches: 0 } } = options
  return {
    name: 'lines',
    wholeFileCompression: true,
    async planRanges(input, { targetBytes }): Promise<readonly FormatRange[]> {
      const size = input.bytes?.size ?? 0
      return Array.from({ length: Math.ceil(size / targetBytes) }, (_, i) => ({ start: i * targetBytes, end: Math.min(size, (i + 1) * targetBytes) }))
    },
    open(input, { range, position }) {
      const { start, end } = range ?? { start: 0, end: Infinity }
      const lines = linesFrom(input, position ?? Math.max(0, start - 1), end)
      let dropPartial = position === undefined && start > 0
      return {
        async readBatch(): Promise<RecordBatch<T> | undefined> {
          asked.batches++
          const values: T[] = []
          const bad: PlacedBadRecord[] = []
          let first: number | undefined
          while (values.length + bad.length < batchRecords) {
            const next = await lines.next()
            if (next.done === true) break
            const { offset, bytes } = next.value
            const partial = dropPartial
            dropPartial = false
            if (partial) continue
            first ??= offset
            try {
              values.push(JSON.parse(Buffer.from(bytes).toString()) as T)
            } catch {
              bad.push({ index: values.length, record: badLine(input.path, offset, bytes) })
            }
          }
          return first === undefined ? undefined : { position: first, values, bad }
        },
        async close() {
          await lines.return(undefined)
        },
      }
    },
  }
}

function badLine(source: string, offset: number, raw: Uint8Array): BadRecord {
  return { raw, source, partition: null, offset, line: null, field: null, code: 'LINE_BAD', reason: 'not JSON' }
}

/** Writes what lineReader reads. */
export function lineWriter<T>(): FileWriterFormat<T> {
  return {
    name: 'lines',
    extension: '.jsonl',
    appendable: true,
    open: (output) => ({
      write: (value) => output.write(Buffer.from(`${JSON.stringify(value)}\n`)),
      flush() {},
      finish() {},
    }),
  }
}

/** A bulk format: a JSON array that is of no use before its end. */
export function arrayWriter<T>(): FileWriterFormat<T> {
  return {
    name: 'array',
    extension: '.json',
    appendable: false,
    open(output, { continued }) {
      if (continued) throw new MillraceError('TEST_CONTINUED', 'bulk files are never continued', { origin: 'engine' })
      const values: T[] = []
      return {
        write: (value) => void values.push(value),
        flush() {},
        async finish() {
          await Promise.resolve()
          output.write(Buffer.from(JSON.stringify(values)))
        },
      }
    },
  }
}

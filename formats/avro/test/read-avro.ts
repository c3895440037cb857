import type { FileReaderFormat, FileWriterFormat, FormatInput, FormatRange, PlacedBadRecord, RecordBatch } from '@millrace/core/spi'

/** `bytes` as a file that arrives in chunks of `chunkBytes`. */
export function input(bytes: Uint8Array, chunkBytes = 1 << 16): FormatInput {
  return {
    path: 'in.avro',
    bytes: { size: bytes.length, read: (start, end) => Promise.resolve(bytes.subarray(start, end)) },
    async *chunks(offset) {
      for (let at = offset; at < bytes.length; at += chunkBytes) {
        yield new Uint8Array(bytes.subarray(at, at + chunkBytes))
      }
    },
  }
}

export interface Read<T> {
  readonly rows: readonly T[]
  readonly bad: readonly PlacedBadRecord[]
  readonly batches: readonly RecordBatch<T>[]
}

export async function readAvro<T>(format: FileReaderFormat<T>, from: FormatInput, options: { readonly range?: FormatRange; readonly position?: number } = {}): Promise<Read<T>> {
  const reader = format.open(from, { ...options, signal: new AbortController().signal })
  const batches: RecordBatch<T>[] = []
  try {
    for (let batch = await reader.readBatch(); batch !== undefined; batch = await reader.readBatch()) batches.push(batch)
  } finally {
    await reader.close()
  }
  return { rows: batches.flatMap((batch) => batch.values), bad: batches.flatMap((batch) => batch.bad), batches }
}

export function writeAvro<T>(format: FileWriterFormat<T>, rows: readonly T[]): Buffer {
  const parts: Uint8Array[] = []
  const writer = format.open({ write: (bytes) => void parts.push(bytes) }, { continued: false })
  for (const row of rows) writer.write(row)
  void writer.finish()
  return Buffer.concat(parts)
}

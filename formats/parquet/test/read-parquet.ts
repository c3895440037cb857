import { readFileSync } from 'node:fs'
import type { FileReaderFormat, FileWriterFormat, FormatInput, FormatRange, PlacedBadRecord, RecordBatch } from '@millrace/core/spi'

export const data = (name: string): Buffer => readFileSync(new URL(`data/${name}.parquet`, import.meta.url))

/** A file of these bytes that counts what is read of it. */
export function input(bytes: Buffer, path = 'in.parquet'): FormatInput & { readBytes: number } {
  const file = {
    path,
    readBytes: 0,
    bytes: {
      size: bytes.length,
      read(start: number, end: number) {
        file.readBytes += end - start
        return Promise.resolve(new Uint8Array(bytes.subarray(start, end)))
      },
    },
    chunks: () => {
      throw new Error('Parquet is never read in order')
    },
  }
  return file
}

export interface Read<T> {
  readonly rows: readonly T[]
  readonly bad: readonly PlacedBadRecord[]
  readonly batches: readonly RecordBatch<T>[]
}

export async function readParquet<T>(format: FileReaderFormat<T>, from: FormatInput, options: { readonly range?: FormatRange; readonly position?: number } = {}): Promise<Read<T>> {
  const reader = format.open(from, { ...options, signal: new AbortController().signal })
  const batches: RecordBatch<T>[] = []
  try {
    for (let batch = await reader.readBatch(); batch !== undefined; batch = await reader.readBatch()) batches.push(batch)
  } finally {
    await reader.close()
  }
  return { rows: batches.flatMap((batch) => batch.values), bad: batches.flatMap((batch) => batch.bad), batches }
}

export function writeParquet<T>(format: FileWriterFormat<T>, rows: readonly T[]): Buffer {
  const parts: Uint8Array[] = []
  const writer = format.open({ write: (bytes) => void parts.push(bytes) }, { continued: false })
  for (const row of rows) writer.write(row)
  void writer.finish()
  return Buffer.concat(parts)
}

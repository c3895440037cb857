import type { FileReaderFormat, FormatInput, FormatRange, PlacedBadRecord, RecordBatch } from '@millrace/core/spi'

/** `bytes` as a file that arrives in chunks of `chunkBytes`. Chunks are copies: a reader that keeps or changes them is found out. */
export function input(content: string | Uint8Array, chunkBytes = 1 << 16): FormatInput {
  const bytes = Buffer.from(content as Uint8Array)
  return {
    path: 'in.jsonl',
    bytes: { size: bytes.length, read: (start, end) => Promise.resolve(bytes.subarray(start, end)) },
    async *chunks(offset) {
      for (let at = offset; at < bytes.length; at += chunkBytes) {
        const chunk = new Uint8Array(bytes.subarray(at, at + chunkBytes))
        yield chunk
      }
    },
  }
}

export interface Read<T> {
  readonly rows: readonly T[]
  readonly bad: readonly PlacedBadRecord[]
  readonly batches: readonly RecordBatch<T>[]
}

export async function readLines<T>(
  format: FileReaderFormat<T>,
  from: FormatInput,
  options: { readonly range?: FormatRange; readonly position?: number } = {},
): Promise<Read<T>> {
  const reader = format.open(from, { ...options, signal: new AbortController().signal })
  const batches: RecordBatch<T>[] = []
  try {
    for (let batch = await reader.readBatch(); batch !== undefined; batch = await reader.readBatch()) batches.push(batch)
  } finally {
    await reader.close()
  }
  return { rows: batches.flatMap((batch) => batch.values), bad: batches.flatMap((batch) => batch.bad), batches }
}

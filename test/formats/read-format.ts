import type { FileReaderFormat, FormatInput, PlacedBadRecord } from '@millrace/core/spi'

/** `bytes` as a file that arrives in chunks of `chunkBytes`. */
export function bytesInput(path: string, bytes: Uint8Array, chunkBytes: number): FormatInput {
  return {
    path,
    bytes: { size: bytes.length, read: (start, end) => Promise.resolve(bytes.slice(start, end)) },
    async *chunks(offset) {
      for (let at = offset; at < bytes.length; at += chunkBytes) yield bytes.slice(at, at + chunkBytes)
    },
  }
}

export interface ReadResult<T> {
  readonly rows: readonly T[]
  readonly bad: readonly PlacedBadRecord[]
}

/** All records of a file, from a position on if there is one. */
export async function readAll<T>(format: FileReaderFormat<T>, input: FormatInput, position?: number): Promise<ReadResult<T>> {
  const reader = format.open(input, { signal: new AbortController().signal, ...(position === undefined ? {} : { position }) })
  const rows: T[] = []
  const bad: PlacedBadRecord[] = []
  try {
    for (let batch = await reader.readBatch(); batch !== undefined; batch = await reader.readBatch()) {
      rows.push(...batch.values)
      bad.push(...batch.bad)
    }
  } finally {
    await reader.close()
  }
  return { rows, bad }
}

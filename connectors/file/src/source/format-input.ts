import type { FormatInput, OpenFile } from '@millrace/core/spi'
import { decompress } from '../compression.ts'
import type { Compression } from '../compression.ts'

/** Large enough to hide the latency of an object store, small enough that a reader holds only a few MiB. */
const CHUNK_BYTES = 1024 * 1024

/** An open file as a format sees it. */
export function formatInput(file: OpenFile, compression: Compression): FormatInput {
  const chunks = (offset: number): AsyncIterable<Uint8Array> => file.chunks?.(offset) ?? readChunks(file, offset)
  if (compression === 'none') return { path: file.path, bytes: file, chunks }
  return { path: file.path, chunks: (offset) => decompress(file, compression, chunks, offset) }
}

/** Reads in order, one chunk ahead of the consumer. */
async function* readChunks(file: OpenFile, offset: number): AsyncGenerator<Uint8Array> {
  let position = offset
  const readNext = (): Promise<Uint8Array> | undefined => {
    if (position >= file.size) return undefined
    const start = position
    position = Math.min(file.size, start + CHUNK_BYTES)
    const reading = file.read(start, position)
    reading.catch(() => {}) // it is awaited below, but maybe only after the consumer has worked on the chunk before
    return reading
  }
  let next = readNext()
  try {
    while (next !== undefined) {
      const chunk = await next
      next = readNext()
      yield chunk
    }
  } finally {
    await next?.catch(() => {}) // the consumer left early: what this read brings is of no interest, but the file must not be closed under it
  }
}

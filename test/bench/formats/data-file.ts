import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FormatInput } from '@millrace/core/spi'

const DIRECTORY = join(tmpdir(), 'millrace-bench')
const CHUNK_BYTES = 1024 * 1024

/** Writes a file of `records` lines once and for all; later runs find it. `name` must change when the lines do. */
export async function dataFile(name: string, records: number, header: string, line: (index: number) => string): Promise<string> {
  const path = join(DIRECTORY, `${records}-${name}`)
  if (existsSync(path)) return path
  mkdirSync(DIRECTORY, { recursive: true })
  const unfinished = `${path}.${process.pid}`
  const file = await open(unfinished, 'w')
  let text = header
  for (let index = 0; index < records; index++) {
    text += line(index)
    if (text.length < CHUNK_BYTES) continue
    await file.write(text)
    text = ''
  }
  await file.write(text)
  await file.close()
  renameSync(unfinished, path)
  return path
}

/** The file in chunks, each in a buffer of its own, as the file connector reads it. */
export async function* fileChunks(path: string, offset = 0): AsyncGenerator<Buffer> {
  const file = await open(path)
  try {
    for (let position = offset; ; ) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(CHUNK_BYTES), 0, CHUNK_BYTES, position)
      if (bytesRead === 0) return
      position += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

/** A file with random access, as formats that need it ask for. */
export async function fileInput(path: string): Promise<FormatInput & { close(): Promise<void> }> {
  const file = await open(path)
  const { size } = await file.stat()
  const read = async (start: number, end: number): Promise<Buffer> => (await file.read(Buffer.allocUnsafeSlow(end - start), 0, end - start, start)).buffer
  return { path, bytes: { size, read }, chunks: (offset) => fileChunks(path, offset), close: () => file.close() }
}

/** A repeatable source of numbers in [0, 2^32): Tommy Ettinger's Mulberry32. */
export function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}

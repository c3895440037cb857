import type { FileReaderFormat } from '@millrace/core/spi'
import { fileInput } from './data-file.ts'

/** Reads a file with a format alone, as a connector does, and hands every row to `take`. A bad record fails it. */
export async function readWithFormat<T>(format: FileReaderFormat<T>, path: string, take: (row: T) => void): Promise<void> {
  const input = await fileInput(path)
  const reader = format.open(input, { signal: new AbortController().signal })
  for (let batch = await reader.readBatch(); batch !== undefined; batch = await reader.readBatch()) {
    const [bad] = batch.bad
    if (bad !== undefined) throw new Error(`bad record at ${bad.record.offset}: ${bad.record.reason}`)
    for (const row of batch.values) take(row)
  }
  await reader.close()
  await input.close()
}

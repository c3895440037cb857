import { gunzipSync } from 'node:zlib'
import type { FileSystem } from '@millrace/core/spi'
import { createFileSystems } from '@millrace/core/testing'

export interface OutputDifference {
  /** How many lines the output lacks, and how many it has too many. */
  readonly missing: number
  readonly surplus: number
  /** Some of each. */
  readonly examples: readonly string[]
}

/** The lines of all published files; hidden ones are still being written, and in no listing. */
export async function publishedLines(directory: string, fileSystem: FileSystem = createFileSystems().forPath(directory)): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const { path } of fileSystem.list(directory, { recursive: true })) {
    const text = await readText(fileSystem, path)
    for (const line of text.split('\n')) if (line !== '') lines.push(line)
  }
  return lines
}

async function readText(fileSystem: FileSystem, path: string): Promise<string> {
  const file = await fileSystem.open(path)
  try {
    const bytes = await file.read(0, file.size)
    return Buffer.from(path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
  } finally {
    await file.close()
  }
}

/** Compares two bags of lines: each must be there exactly as often. Undefined if they are equal. */
export function compareLines(expected: Iterable<string>, found: Iterable<string>): OutputDifference | undefined {
  const balance = new Map<string, number>()
  for (const line of expected) balance.set(line, (balance.get(line) ?? 0) + 1)
  for (const line of found) balance.set(line, (balance.get(line) ?? 0) - 1)
  let [missing, surplus] = [0, 0]
  const examples: string[] = []
  for (const [line, count] of balance) {
    if (count === 0) continue
    if (count > 0) missing += count
    else surplus -= count
    if (examples.length < 6) examples.push(`${count > 0 ? 'missing' : 'surplus'} ${Math.abs(count)} × ${line}`)
  }
  return missing + surplus === 0 ? undefined : { missing, surplus, examples }
}

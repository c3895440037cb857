import { readdir, readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'

export interface OutputDifference {
  /** How many lines the output lacks, and how many it has too many. */
  readonly missing: number
  readonly surplus: number
  /** Some of each. */
  readonly examples: readonly string[]
}

/** The lines of all published files; hidden ones are still being written. */
export async function publishedLines(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
  const texts = await Promise.all(files.map(async ({ parentPath, name }) => readText(`${parentPath}/${name}`)))
  return texts.flatMap((text) => text.split('\n').filter((line) => line !== ''))
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path)
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
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

/**
 * Runs the corpus JSONTestSuite (Nicolas Seriot, "Parsing JSON is a Minefield"), whose files are named y_… (to be accepted),
 * n_… (to be rejected) and i_… (either): `json-test-suite.ts DIRECTORY`. Prints one line per reading; fails on any wrong verdict.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { accepts } from './json-verdict.ts'

const [directory] = process.argv.slice(2)
if (directory === undefined) throw new Error('expected the directory test_parsing of JSONTestSuite')
const files = readdirSync(directory).filter((name) => /^[yn]_.*\.json$/.test(name))
if (files.length === 0) throw new Error(`expected files y_….json and n_….json in ${directory}, found none`)
for (const reading of ['document', 'message'] as const) {
  const wrong: string[] = []
  for (const name of files) {
    const bytes = readFileSync(join(directory, name))
    for (const chunkBytes of [1, 7, 65_536]) {
      if (chunkBytes < 100 && bytes.length > 10_000) continue
      if ((await accepts(reading, bytes, chunkBytes)) !== name.startsWith('y_')) wrong.push(`${name} in chunks of ${chunkBytes}`)
    }
  }
  const valid = files.filter((name) => name.startsWith('y_')).length
  process.stdout.write(`${reading}: ${valid} valid, ${files.length - valid} invalid, ${wrong.length} wrong${wrong.length === 0 ? '' : `: ${wrong.join(', ')}`}\n`)
  if (wrong.length > 0) process.exitCode = 1
}

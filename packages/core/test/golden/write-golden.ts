import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CURRENT, goldenFiles } from './golden-files.ts'

// Run by hand after the version was raised: node --conditions=@millrace/source packages/core/test/golden/write-golden.ts
const directory = join(import.meta.dirname, CURRENT)
if (existsSync(directory)) throw new Error(`${directory} is there already. Golden files are never changed: a change of the format raises its version`)
const files = await goldenFiles()
mkdirSync(directory)
for (const [name, bytes] of files) writeFileSync(join(directory, name), bytes)

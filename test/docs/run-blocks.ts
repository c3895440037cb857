// Runs modules one after the other in one process, each in its own directory. Writes a line before and after each.
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'

const [marker = '', ...files] = process.argv.slice(2)
for (const file of files) {
  process.stdout.write(`${marker} start\n`)
  process.chdir(dirname(file))
  try {
    await import(pathToFileURL(file).href)
    process.stdout.write(`${marker} end\n`)
  } catch (error) {
    process.stdout.write(`${marker} failed ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n${marker} end\n`)
  }
}

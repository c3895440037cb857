import { readdir, readFile } from 'node:fs/promises'

/** The lines of all finished files below a directory, in the order of the file names. Hidden files are still being written. */
export async function outputLines(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.')).map((entry) => `${entry.parentPath}/${entry.name}`)
  const texts = await Promise.all(files.toSorted().map(async (file) => readFile(file, 'utf8')))
  return texts.flatMap((text) => text.split('\n').filter((line) => line !== ''))
}

import type { FileSystem } from '@millrace/core/spi'

/** The lines of all published objects below a prefix. */
export async function outputLines(fileSystem: FileSystem, path: string): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const { path: object } of fileSystem.list(path, { recursive: true })) {
    const file = await fileSystem.open(object)
    const text = Buffer.from(await file.read(0, file.size)).toString()
    await file.close()
    lines.push(...text.split('\n').filter((line) => line !== ''))
  }
  return lines
}

import type { FileSystem } from '@millrace/core/spi'
import { expect, test } from 'vitest'
import { freshPlace } from './support/fixture.ts'
import { onEachServer } from './support/with-servers.ts'

/** More than one page in all, directories of less and of more than one, and one that the end of the first page cuts in two. */
const NAMES = [
  'a-b',
  ...Array.from({ length: 350 }, (_, i) => `a/x${i}`),
  'a0',
  ...Array.from({ length: 350 }, (_, i) => `b/y/${i}`),
  ...Array.from({ length: 12 }, (_, i) => `c${i}/z`),
  ...Array.from({ length: 1010 }, (_, i) => `d/${i}`),
  'e',
]

onEachServer('thousands of objects', (server) => {
  test('are listed in order, completely, and deleted together', { timeout: 120_000 }, async () => {
    const { fileSystem, root } = await freshPlace(server)
    const left = NAMES.values()
    const publishing = async (): Promise<void> => {
      for (const name of left) await fileSystem.publish(`${root}/in/${name}`, new Uint8Array(1))
    }
    await Promise.all(Array.from({ length: 32 }, publishing))
    await fileSystem.publish(`${root}/in2`, new Uint8Array(1))

    expect(await paths(fileSystem, `${root}/in`, true)).toEqual(NAMES.map((name) => `${root}/in/${name}`).toSorted())
    expect(await paths(fileSystem, `${root}/in/d`, false)).toHaveLength(1010)
    expect((await paths(fileSystem, `${root}/in`, false)).map((path) => path.slice(root.length + 4))).toEqual(['a', 'a-b', 'a0', 'b', ...Array.from({ length: 12 }, (_, i) => `c${i}`).toSorted(), 'd', 'e'])

    // a reader that leaves early leaves nothing behind
    for await (const { path } of fileSystem.list(`${root}/in`, { recursive: true })) if (path.endsWith('/b/y/200')) break

    const before = fileSystem.statistics.requests
    await fileSystem.delete(`${root}/in`, { recursive: true })
    expect(fileSystem.statistics.requests - before).toBeLessThan(10)
    expect(await paths(fileSystem, root, true)).toEqual([`${root}/in2`])
  })
})

async function paths(fileSystem: FileSystem, path: string, recursive: boolean): Promise<string[]> {
  const found: string[] = []
  for await (const file of fileSystem.list(path, { recursive })) found.push(file.path)
  return found
}

import { s3FileSystem } from '@millrace/connector-s3'
import { commands } from '@millrace/connector-s3/cli'
import type { ProgramHost } from '@millrace/core/cli'
import type { RecoverableWriter } from '@millrace/core/spi'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freshPlace, optionsFor } from './support/fixture.ts'
import { onEachServer } from './support/with-servers.ts'

const bytes = new TextEncoder().encode('content')
const DAY_MS = 86_400_000

onEachServer('what killed processes leave', (server) => {
  test('is removed when it is old, and nothing else', async () => {
    const { fileSystem, root } = await freshPlace(server)
    const writer = fileSystem.createRecoverableWriter?.() as RecoverableWriter
    for (const name of ['a/lost', 'b/lost', 'b/committed']) {
      const stream = await writer.open(`${root}/${name}`)
      stream.write(bytes)
      await stream.persist()
      if (name === 'b/committed') await writer.commit(await stream.closeForCommit())
      await stream.close()
    }
    const elsewhere = await writer.open(`${root}-elsewhere/lost`)
    elsewhere.write(bytes)
    const token = await elsewhere.persist()
    const tomorrow = s3FileSystem({ ...optionsFor(server), clock: { now: () => Date.now() + 2 * DAY_MS, schedule: () => () => {} } })

    // moto says of every upload that it began in 2010
    const young = await fileSystem.cleanUp(`${root}/b`, { olderThan: '1d' })
    if (server.name === 'minio') expect(young).toMatchObject({ uploads: [], objects: [], kept: [{ path: `${root}/b/lost` }] })

    const found = await tomorrow.cleanUp(`${root}/b`, { olderThan: '1d', dryRun: true })
    expect(found.objects.map(({ path, size }) => [path.startsWith(`${root}/b/.lost.millrace-`), size])).toEqual([[true, bytes.length]])
    if (server.name === 'minio') expect(found.uploads.map(({ path }) => path)).toEqual([`${root}/b/lost`])
    expect(await tomorrow.cleanUp(`${root}/b`, { olderThan: '1d' })).toEqual(found)
    expect(await tomorrow.cleanUp(`${root}/b`, { olderThan: '1d' })).toEqual({ uploads: [], objects: [], kept: [] })
    expect(await fileSystem.status(`${root}/b/committed`)).toBeDefined()
    expect((await tomorrow.cleanUp(`${root}/a`, { olderThan: '1d', dryRun: true })).objects).toHaveLength(1)
    expect((await writer.resume(token)).position).toBe(bytes.length)
  })

  test('is found by the command, with the file system of the configuration', async () => {
    const { fileSystem, root } = await freshPlace(server)
    const writer = fileSystem.createRecoverableWriter?.() as RecoverableWriter
    const stream = await writer.open(`${root}/lost`)
    stream.write(bytes)
    await stream.persist()
    const directory = await mkdtemp(join(tmpdir(), 'millrace-s3-cleanup-'))
    try {
      const module = new URL('../../connectors/s3/src/index.ts', import.meta.url).href
      await writeFile(join(directory, 'millrace.config.mjs'), `import { s3FileSystem } from '${module}'\nexport default { fileSystems: [s3FileSystem(${JSON.stringify(optionsFor(server))})] }\n`)
      const said: string[] = []
      const host = { argv: ['cleanup', root, '--older-than', '0ms'], env: {}, directory, stdout: { write: (text: string) => said.push(text) } } as unknown as ProgramHost
      const [command] = commands
      expect(command?.name).toBe('s3')
      expect(await command?.run(host)).toBe(0)
      expect(said.join('')).toContain(`Removed 1 unfinished uploads and 1 hidden objects below ${root}\n`)
      await expect(command?.run({ ...host, argv: ['cleanup'] })).rejects.toMatchObject({ code: 'CLI_INVALID_ARGUMENT' })
      await expect(command?.run({ ...host, argv: ['cleanup', root, '--older-than', 'yesterday'] })).rejects.toMatchObject({ code: 'CORE_INVALID_DURATION' })
      expect(await command?.run({ ...host, argv: ['--help'] })).toBe(0)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })
})

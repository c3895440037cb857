import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { localFileSystem } from '../../../../src/file-system/local-file-system.ts'
import { createFileStateOutput } from '../../../../src/runtime/checkpoint/storage/file-state-output.ts'
import type { FileSystem } from '../../../../src/spi/file-system.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'state-output-'))
})
afterEach(() => rm(directory, { recursive: true }))

/** The local file system as one that says how much it publishes in one go, and how its files were written. */
function recording(publishBytes: number | undefined, written: string[]): FileSystem {
  const local = localFileSystem()
  return {
    ...local,
    capabilities: { ...local.capabilities, ...(publishBytes === undefined ? {} : { publishBytes }) },
    publish: (path, bytes, options) => {
      written.push('published')
      return local.publish(path, bytes, options)
    },
    createRecoverableWriter: () => {
      const writer = local.createRecoverableWriter?.()
      if (writer === undefined) throw new Error('the local file system has a recoverable writer')
      return { ...writer, open: (path) => (written.push('streamed'), writer.open(path)) }
    },
  }
}

describe('createFileStateOutput', () => {
  it.each([
    [undefined, 50, 'streamed'],
    [100, 0, 'published'],
    [100, 100, 'published'],
    [100, 101, 'streamed'],
    [100, 1000, 'streamed'],
  ])('with publishBytes %s, %i bytes are %s', async (publishBytes, size, how) => {
    const written: string[] = []
    const output = await createFileStateOutput(recording(publishBytes, written), directory, 'state')
    const expected = Uint8Array.from({ length: size }, (_, i) => i % 251)
    for (let start = 0; start < size; start += 7) {
      output.write(expected.slice(start, start + 7))
      await output.ready()
    }
    expect(await output.close()).toEqual({ path: 'state', sizeBytes: size })
    expect(written).toEqual([how])
    expect(new Uint8Array(await readFile(join(directory, 'state')))).toEqual(expected)
  })

  it.each([10, 1000])('leaves nothing of %i bytes that were given up', async (size) => {
    const output = await createFileStateOutput(recording(100, []), directory, 'state')
    output.write(new Uint8Array(size))
    await output.ready()
    await output.abort()
    expect(await readdir(directory)).toEqual([])
  })
})

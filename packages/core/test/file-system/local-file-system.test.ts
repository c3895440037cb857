import { mkdir, readdir, symlink, truncate, writeFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { nodeFileError } from '../../src/file-system/node-file-error.ts'
import { fileSystemSuite } from '../../src/testing/file-system-suite.ts'
import { localFixture } from './local-fixture.ts'

fileSystemSuite({ describe, test }, localFixture)

async function withFixture(body: (fixture: Awaited<ReturnType<typeof localFixture>>) => Promise<void>): Promise<void> {
  const fixture = await localFixture()
  try {
    await body(fixture)
  } finally {
    await fixture.cleanup()
  }
}

test('paths may be file: URLs', () =>
  withFixture(async ({ fileSystem, root }) => {
    const url = pathToFileURL(`${root}/a b/ü.txt`).href
    await fileSystem.publish(url, new Uint8Array(3))
    expect((await fileSystem.status(url))?.path).toBe(`${root}/a b/ü.txt`)
  }))

test('a URL that names no local file is refused', () =>
  withFixture(async ({ fileSystem }) => {
    expect(() => fileSystem.open('file://elsewhere/x')).toThrow(expect.objectContaining({ code: 'FS_NOT_FOUND' }))
  }))

test('a file that shrinks while it is read is an error, not a short read', () =>
  withFixture(async ({ fileSystem, root }) => {
    await writeFile(`${root}/f`, 'twelve bytes')
    const file = await fileSystem.open(`${root}/f`)
    await truncate(`${root}/f`, 4)
    await expect(file.read(0, 12)).rejects.toMatchObject({ code: 'FS_IO', at: { offset: 4 } })
    await file.close()
  }))

test('linked files are listed, linked directories are not descended into, dead links are left out', () =>
  withFixture(async ({ fileSystem, root }) => {
    await mkdir(`${root}/d`)
    await writeFile(`${root}/d/f`, 'x')
    await symlink(`${root}/d/f`, `${root}/d/link`)
    await symlink(`${root}/d`, `${root}/d/cycle`)
    await symlink(`${root}/nowhere`, `${root}/d/dead`)
    const found: string[] = []
    for await (const { path } of fileSystem.list(`${root}/d`, { recursive: true })) found.push(path)
    expect(found).toEqual([`${root}/d/f`, `${root}/d/link`])
  }))

test('a failed publish leaves no temporary file behind', () =>
  withFixture(async ({ fileSystem, root }) => {
    await mkdir(`${root}/taken/below`, { recursive: true })
    await expect(fileSystem.publish(`${root}/taken`, new Uint8Array(1))).rejects.toMatchObject({ code: 'FS_IO', retryable: false })
    expect(await readdir(root)).toEqual(['taken'])
  }))

test.each([
  ['EACCES', 'FS_ACCESS_DENIED', false, /permissions/],
  ['ENOENT', 'FS_NOT_FOUND', false, /check the path/],
  ['EEXIST', 'FS_EXISTS', false, /there already/],
  ['ENOSPC', 'FS_IO', true, /free some space/],
  ['EIO', 'FS_IO', true, /check the disk/],
])('%s becomes %s', (system, code, retryable, remedy) => {
  const error = nodeFileError(Object.assign(new Error('x'), { code: system }), '/data/f', 'read')
  expect(error).toMatchObject({ code, retryable, origin: 'external', at: { file: '/data/f' } })
  expect(error.message).toMatch(remedy)
  expect(error.message).toContain('/data/f')
})

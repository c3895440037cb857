import { link, open, readdir, readFile, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { localRecoverableWriter } from '../../src/file-system/local-recoverable-writer.ts'
import { LocalRecoverableStream } from '../../src/file-system/local-recoverable-stream.ts'
import type { LocalToken } from '../../src/file-system/local-recoverable-stream.ts'
import { recoverableWriterSuite } from '../../src/testing/recoverable-writer-suite.ts'
import { localFixture } from './local-fixture.ts'

recoverableWriterSuite({ describe, test }, localFixture)

async function withRoot(body: (root: string) => Promise<void>): Promise<void> {
  const { root, cleanup } = await localFixture()
  try {
    await body(root)
  } finally {
    await cleanup()
  }
}

const written = async (path: string, text: string): Promise<LocalToken> => {
  const stream = await localRecoverableWriter().open(path)
  stream.write(Buffer.from(text))
  return (await stream.closeForCommit()) as LocalToken
}

test('a file shorter than the token says cannot be resumed', () =>
  withRoot(async (root) => {
    const stream = await localRecoverableWriter().open(`${root}/f`)
    stream.write(Buffer.from('0123456789'))
    const token = (await stream.persist()) as LocalToken
    await stream.close()
    await truncate(token.temporary, 4)
    await expect(localRecoverableWriter().resume(token)).rejects.toMatchObject({
      code: 'FS_NOT_FOUND',
      message: expect.stringMatching(/at least 10 bytes.*found 4.*older checkpoint/),
    })
  }))

test('a writer that is only slow, and writes on after its file was resumed, changes nothing of it', () =>
  withRoot(async (root) => {
    const slow = await localRecoverableWriter().open(`${root}/f`)
    slow.write(Buffer.from('both '))
    const token = await slow.persist()
    const next = await localRecoverableWriter().resume(token)
    next.write(Buffer.from('new'))
    slow.write(Buffer.from('old and longer'))
    await slow.persist()
    await localRecoverableWriter().commit(await next.closeForCommit())
    await slow.close()
    expect(await readFile(`${root}/f`, 'utf8')).toBe('both new')
    expect(await readdir(root)).toEqual(['f'])
  }))

test('a crash between link and unlink is finished by the replay', () =>
  withRoot(async (root) => {
    const token = await written(`${root}/f`, 'x')
    await link(token.temporary, token.path)
    await localRecoverableWriter().commit(token)
    expect(await readdir(root)).toEqual(['f'])
  }))

test('a file that took the place of a lost one is not taken for the committed one', () =>
  withRoot(async (root) => {
    const token = await written(`${root}/f`, 'mine')
    await localRecoverableWriter().discard(token)
    await writeFile(token.path, 'your')
    await utimes(token.path, 1000, 1000)
    expect((await stat(token.path)).size).toBe(token.length)
    await expect(localRecoverableWriter().commit(token)).rejects.toMatchObject({ code: 'FS_EXISTS' })
  }))

test('a failed write is reported by every later call', () =>
  withRoot(async (root) => {
    await writeFile(`${root}/t`, '')
    const readOnly = await open(`${root}/t`, 'r')
    const stream = new LocalRecoverableStream(readOnly, `${root}/f`, `${root}/t`, 0, 1)
    stream.write(Buffer.from('xy'))
    const failure = { code: 'FS_IO', message: expect.stringContaining(`${root}/f`) }
    await expect(stream.ready()).rejects.toMatchObject(failure)
    expect(() => stream.write(Buffer.from('z'))).toThrow(expect.objectContaining(failure))
    await expect(stream.ready()).rejects.toMatchObject(failure)
    await expect(stream.persist()).rejects.toMatchObject(failure)
    await expect(stream.closeForCommit()).rejects.toMatchObject(failure)
    await stream.abandon()
    expect(await readdir(root)).toEqual([])
  }))

test('a closed stream takes no more', () =>
  withRoot(async (root) => {
    const stream = await localRecoverableWriter().open(`${root}/f`)
    await stream.close()
    expect(() => stream.write(Buffer.from('x'))).toThrow(expect.objectContaining({ code: 'FS_IO', origin: 'engine' }))
    await expect(stream.persist()).rejects.toMatchObject({ code: 'FS_IO' })
  }))

import assert from 'node:assert/strict'
import { MillraceError } from '../errors.ts'
import type { JsonValue } from '../spi/json-value.ts'
import type { FileSystem } from '../spi/file-system.ts'
import type { RecoverableStream, RecoverableWriter } from '../spi/recoverable-writer.ts'
import { readWhole } from './file-system-suite.ts'
import type { FileSystemFixture } from './file-system-suite.ts'
import { suite } from './suite-runner.ts'
import type { SuiteRunner } from './suite-runner.ts'

/**
 * What every RecoverableWriter must do, crash by crash. Each step after a crash uses a new writer and tokens that went through
 * JSON. Some cases write more than 5 MiB, the smallest part of a multipart upload. Skips where the file system has no such writer.
 */
export function recoverableWriterSuite(runner: SuiteRunner, create: () => Promise<FileSystemFixture>): void {
  suite(runner, 'recoverable writer', (test) => {
    const on = (name: string, body: (world: World) => Promise<void>): void => {
      test(name, async (context) => {
        const { fileSystem, root, cleanup } = await create()
        try {
          if (fileSystem.createRecoverableWriter === undefined) return context.skip('the file system has no recoverable writer')
          await body({ fileSystem, root, target: `${root}/out/part-0`, writer: () => fileSystem.createRecoverableWriter?.() as RecoverableWriter })
        } finally {
          await cleanup()
        }
      })
    }

    on('a file is invisible until its commit', async ({ fileSystem, root, target, writer }) => {
      const stream = await writer().open(target)
      assert.equal(stream.path, target)
      stream.write(bytes('hello '))
      await stream.persist()
      stream.write(bytes('world'))
      assert.equal(stream.position, 11)
      const token = wire(await stream.closeForCommit())
      assert.equal(await fileSystem.status(target), undefined)
      assert.ok(await isEmpty(fileSystem, root))
      await writer().commit(token)
      assert.equal(await content(fileSystem, target), 'hello world')
    })
    on('an empty file can be committed', async ({ fileSystem, target, writer }) => {
      const stream = await writer().open(target)
      await writer().commit(wire(await stream.closeForCommit()))
      assert.equal(await content(fileSystem, target), '')
    })
    on('a commit can be replayed, also by a new instance', async ({ fileSystem, target, writer }) => {
      const token = await written(writer(), target, 'once')
      const first = writer()
      await first.commit(token)
      await first.commit(token)
      await writer().commit(token)
      assert.equal(await content(fileSystem, target), 'once')
    })
    on('a commit never replaces a foreign file, however often it is tried', async ({ fileSystem, target, writer }) => {
      const token = await written(writer(), target, 'mine')
      await fileSystem.publish(target, bytes('theirs'))
      for (let i = 0; i < 2; i++) await assert.rejects(writer().commit(token), hasCode('FS_EXISTS'))
      assert.equal(await content(fileSystem, target), 'theirs')
    })
    on('of two files for one name the second commit is refused, the first can be replayed', async ({ fileSystem, target, writer }) => {
      const first = await written(writer(), target, 'first')
      const second = await written(writer(), target, 'other')
      await writer().commit(first)
      await assert.rejects(writer().commit(second), hasCode('FS_EXISTS'))
      await writer().commit(first)
      assert.equal(await content(fileSystem, target), 'first')
    })
    on('after a crash bytes beyond the token are gone', async ({ fileSystem, target, writer }) => {
      const stream = await writer().open(target)
      stream.write(bytes('kept,'))
      const token = wire(await stream.persist())
      stream.write(bytes('lost, and longer than what follows'))
      await stream.persist()
      await stream.close()
      const resumed = await writer().resume(token)
      assert.equal(resumed.path, target)
      assert.equal(resumed.position, 5)
      resumed.write(bytes('new'))
      await writer().commit(wire(await resumed.closeForCommit()))
      assert.equal(await content(fileSystem, target), 'kept,new')
    })
    on('the same token can be resumed again after a second crash', async ({ fileSystem, target, writer }) => {
      const stream = await writer().open(target)
      stream.write(bytes('a'))
      const token = wire(await stream.persist())
      await stream.close()
      for (const tail of ['first try', 'b']) {
        const resumed = await writer().resume(token)
        resumed.write(bytes(tail))
        if (tail === 'b') await writer().commit(wire(await resumed.closeForCommit()))
        else {
          await resumed.persist()
          await resumed.close()
        }
      }
      assert.equal(await content(fileSystem, target), 'ab')
    })
    on('an older token stays good after later ones, and after closing for commit', async ({ fileSystem, target, writer }) => {
      const stream = await writer().open(target)
      const empty = wire(await stream.persist())
      stream.write(bytes('a'))
      const one = wire(await stream.persist())
      stream.write(bytes('bc'))
      await stream.closeForCommit()
      const resumed = await writer().resume(one)
      resumed.write(bytes('x'))
      await resumed.persist()
      await resumed.close()
      const restarted = await writer().resume(empty)
      assert.equal(restarted.position, 0)
      restarted.write(bytes('y'))
      await writer().commit(wire(await restarted.closeForCommit()))
      assert.equal(await content(fileSystem, target), 'y')
    })
    on('large files keep every byte across two crashes, with bounded queueing', async ({ fileSystem, target, writer }) => {
      const block = Uint8Array.from({ length: 64 * 1024 }, (_, i) => i % 253)
      const fill = async (stream: RecoverableStream, blocks: number): Promise<void> => {
        for (let i = 0; i < blocks; i++) {
          stream.write(block.slice())
          await stream.ready()
        }
      }
      let stream = await writer().open(target)
      for (let crash = 0; crash < 2; crash++) {
        await fill(stream, 81)
        stream.write(bytes(`mark ${crash}`))
        const token = wire(await stream.persist())
        await fill(stream, 90)
        await stream.close()
        stream = await writer().resume(token)
      }
      await fill(stream, 1)
      const length = stream.position
      await writer().commit(wire(await stream.closeForCommit()))
      const all = await readWhole(fileSystem, target)
      const part = Array.from({ length: 81 }, () => block)
      const expected = Buffer.concat([...part, bytes('mark 0'), ...part, bytes('mark 1'), block])
      assert.equal(length, expected.length)
      assert.ok(expected.equals(all))
    })
    on('what was written may change once the stream says that it has settled', async ({ fileSystem, target, writer }) => {
      const stream = await writer().open(target)
      const expected: Uint8Array[] = []
      let block = new Uint8Array(40_000)
      for (let i = 0; i < 100; i++) {
        block.fill(i)
        expected.push(block.slice())
        stream.write(block)
        if (i % 3 === 0 && stream.settled !== undefined) await stream.settled()
        else block = new Uint8Array(40_000)
      }
      await writer().commit(wire(await stream.closeForCommit()))
      assert.ok(Buffer.concat(expected).equals(await readWhole(fileSystem, target)))
    })
    on('a slow store asks to wait, and catches up', async ({ target, writer }) => {
      const stream = await writer().open(target)
      let waits = 0
      for (let i = 0; i < 64; i++) {
        stream.write(new Uint8Array(1024 * 1024))
        const ready = stream.ready()
        if (ready === undefined) continue
        waits++
        await ready
      }
      assert.ok(waits > 0, '64 MiB written in one go never asked to wait')
      await stream.abandon()
    })
    on('abandoned and discarded files leave nothing, as often as it is said', async ({ fileSystem, root, target, writer }) => {
      const abandoned = await writer().open(target)
      abandoned.write(bytes('x'))
      const token = wire(await abandoned.persist())
      await abandoned.abandon()
      await assert.rejects(writer().resume(token), isMillraceError)
      const closed = await written(writer(), target, 'y')
      for (let i = 0; i < 2; i++) await writer().discard(closed)
      await assert.rejects(writer().commit(closed), hasCode('FS_NOT_FOUND'))
      assert.ok(await isEmpty(fileSystem, root))
    })
    on('a discard after the commit leaves the published file alone', async ({ fileSystem, target, writer }) => {
      const stream = await writer().open(target)
      stream.write(bytes('z'))
      const resumable = wire(await stream.persist())
      const token = wire(await stream.closeForCommit())
      await writer().commit(token)
      await writer().discard(resumable)
      await writer().discard(token)
      assert.equal(await content(fileSystem, target), 'z')
    })
    on('closing is idempotent and keeps what was persisted', async ({ fileSystem, target, writer }) => {
      const stream = await writer().open(target)
      stream.write(bytes('kept'))
      const token = wire(await stream.persist())
      stream.write(bytes('lost'))
      await stream.close()
      await stream.close()
      const resumed = await writer().resume(token)
      const closed = wire(await resumed.closeForCommit())
      await resumed.close()
      await writer().commit(closed)
      assert.equal(await content(fileSystem, target), 'kept')
    })
    on('a token of something else is refused', async ({ writer }) => {
      await assert.rejects(async () => writer().resume({ nonsense: true }), isMillraceError)
      await assert.rejects(async () => writer().commit('nonsense'), isMillraceError)
    })
  })
}

interface World {
  readonly fileSystem: FileSystem
  readonly root: string
  readonly target: string
  /** A new instance, as a new process would have. */
  readonly writer: () => RecoverableWriter
}

const bytes = (value: string): Uint8Array => new TextEncoder().encode(value)
const wire = (token: JsonValue): JsonValue => JSON.parse(JSON.stringify(token)) as JsonValue
const isMillraceError = (error: unknown): boolean => MillraceError.is(error)
const hasCode = (code: string) => (error: unknown): boolean => MillraceError.is(error) && error.code === code

async function written(writer: RecoverableWriter, target: string, content: string): Promise<JsonValue> {
  const stream = await writer.open(target)
  stream.write(bytes(content))
  return wire(await stream.closeForCommit())
}

async function content(fileSystem: FileSystem, path: string): Promise<string> {
  return new TextDecoder().decode(await readWhole(fileSystem, path))
}

async function isEmpty(fileSystem: FileSystem, root: string): Promise<boolean> {
  for await (const _ of fileSystem.list(root, { recursive: true })) return false
  return true
}

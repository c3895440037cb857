import assert from 'node:assert/strict'
import { MillraceError } from '../errors.ts'
import type { FileStatus, FileSystem } from '../spi/file-system.ts'
import { suite } from './suite-runner.ts'
import type { CaseContext, SuiteRunner } from './suite-runner.ts'

/** A file system with a fresh, empty place for one case. */
export interface FileSystemFixture {
  readonly fileSystem: FileSystem
  /** Directory or prefix, without a slash at the end. */
  readonly root: string
  readonly cleanup: () => Promise<void>
}

/**
 * What every FileSystem must do. The cases on existence, deletion and directories re-create the behaviours of Flink's
 * FileSystemBehaviorTestSuite; those on publishing, listing and ranged reads are what checkpoints and file sources rely on.
 * Cases on directories skip where `capabilities.directories` is false, those on racing creators where `conditionalCreate` is.
 */
export function fileSystemSuite(runner: SuiteRunner, create: () => Promise<FileSystemFixture>): void {
  suite(runner, 'file system', (test) => {
    const on = (name: string, body: (fs: FileSystem, root: string, context: CaseContext) => Promise<void>): void => {
      test(name, async (context) => {
        const { fileSystem, root, cleanup } = await create()
        try {
          await body(fileSystem, root, context)
        } finally {
          await cleanup()
        }
      })
    }
    const onDirectories = (name: string, body: (fs: FileSystem, root: string) => Promise<void>): void =>
      on(name, (fs, root, context) =>
        fs.capabilities.directories ? body(fs, root) : Promise.resolve(context.skip('the file system has no directories')),
      )

    on('has a scheme without a colon', async (fs) => assert.match(fs.scheme, /^[a-z][a-z0-9+.-]*$/))
    on('a published file exists, with its size and a time', async (fs, root) => {
      await fs.publish(`${root}/a/b.txt`, text('hello'))
      const status = await fs.status(`${root}/a/b.txt`)
      assert.ok(status)
      assert.equal(status.size, 5)
      assert.equal(status.isDirectory, false)
      assert.ok(status.modifiedMs > 0)
      assert.equal(await content(fs, status.path), 'hello')
    })
    on('a missing file has no status', async (fs, root) => assert.equal(await fs.status(`${root}/none`), undefined))
    on('opening a missing file is FS_NOT_FOUND with its path', async (fs, root) => {
      await assert.rejects(fs.open(`${root}/none.csv`), (error) => hasCode(error, 'FS_NOT_FOUND') && error.message.includes('none.csv'))
    })

    for (const recursive of [false, true]) {
      const how = recursive ? 'recursively' : 'plainly'
      on(`deletes a file ${how}`, async (fs, root) => {
        await fs.publish(`${root}/f`, text('x'))
        await fs.delete(`${root}/f`, { recursive })
        assert.equal(await fs.status(`${root}/f`), undefined)
      })
      on(`deletes nothing ${how} where nothing is`, (fs, root) => fs.delete(`${root}/none`, { recursive }))
      onDirectories(`deletes an empty directory ${how}`, async (fs, root) => {
        await fs.mkdirs(`${root}/d`)
        await fs.delete(`${root}/d`, { recursive })
        assert.equal(await fs.status(`${root}/d`), undefined)
      })
    }
    on('a plain delete keeps what lies below', async (fs, root) => {
      await fs.publish(`${root}/d/f`, text('x'))
      if (fs.capabilities.directories) await assert.rejects(fs.delete(`${root}/d`), isMillraceError)
      else await fs.delete(`${root}/d`)
      assert.equal(await content(fs, `${root}/d/f`), 'x')
    })
    on('a recursive delete removes what lies below, and no sibling with the same beginning', async (fs, root) => {
      for (const name of ['d/f', 'd/e/g', 'd2/f', 'd.txt']) await fs.publish(`${root}/${name}`, text(name))
      await fs.delete(`${root}/d`, { recursive: true })
      assert.deepEqual(await names(fs, root, true), ['d.txt', 'd2/f'])
    })

    on('mkdirs creates parents, and again is no error', async (fs, root) => {
      await fs.mkdirs(`${root}/a/b/c`)
      await fs.mkdirs(`${root}/a/b/c`)
      if (fs.capabilities.directories) assert.equal((await fs.status(`${root}/a/b/c`))?.isDirectory, true)
      await fs.publish(`${root}/a/b/c/f`, text('x'))
    })
    onDirectories('mkdirs where a file is, or below one, is refused', async (fs, root) => {
      await fs.publish(`${root}/f`, text('x'))
      await assert.rejects(fs.mkdirs(`${root}/f`), isMillraceError)
      await assert.rejects(fs.mkdirs(`${root}/f/below`), isMillraceError)
    })
    onDirectories('opening a directory is refused', async (fs, root) => {
      await fs.mkdirs(`${root}/d`)
      await assert.rejects(fs.open(`${root}/d`), isMillraceError)
    })

    on('publishing again replaces the whole file', async (fs, root) => {
      await fs.publish(`${root}/f`, text('a long first version'))
      await fs.publish(`${root}/f`, text('second'))
      assert.equal(await content(fs, `${root}/f`), 'second')
      await fs.publish(`${root}/f`, text(''))
      assert.equal((await fs.status(`${root}/f`))?.size, 0)
    })
    on('publishing if absent keeps what is there', async (fs, root) => {
      await fs.publish(`${root}/f`, text('first'), { ifAbsent: true })
      await assert.rejects(fs.publish(`${root}/f`, text('second'), { ifAbsent: true }), (error) => hasCode(error, 'FS_EXISTS'))
      assert.equal(await content(fs, `${root}/f`), 'first')
    })
    on('of many publishing if absent exactly one wins, and nothing else remains', async (fs, root, context) => {
      if (!fs.capabilities.conditionalCreate) return context.skip('no atomic conditional create')
      const results = await Promise.allSettled(Array.from({ length: 16 }, (_, i) => fs.publish(`${root}/f`, text(`version ${i}`), { ifAbsent: true })))
      const winners = results.flatMap((result, i) => (result.status === 'fulfilled' ? [i] : []))
      assert.equal(winners.length, 1)
      for (const result of results) if (result.status === 'rejected') assert.ok(hasCode(result.reason, 'FS_EXISTS'))
      assert.equal(await content(fs, `${root}/f`), `version ${winners[0]}`)
      assert.deepEqual(await names(fs, root, true), ['f'])
    })

    on('reads any range, in any order, at the same time', async (fs, root) => {
      const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 31) % 251)
      await fs.publish(`${root}/f`, bytes)
      const file = await fs.open(`${root}/f`)
      try {
        assert.equal(file.size, bytes.length)
        const ranges = [[99_999, 100_000], [0, 10], [500, 70_000], [7, 7], [0, 100_000], [100_000, 100_000]] as const
        const read = await Promise.all(ranges.map(([start, end]) => file.read(start, end)))
        for (const [i, [start, end]] of ranges.entries()) assert.deepEqual(new Uint8Array(read[i] as Uint8Array), bytes.slice(start, end))
      } finally {
        await file.close()
      }
    })
    on('in order, from any offset, come the bytes from there on, as often as they are asked for', async (fs, root) => {
      const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 31) % 251)
      await fs.publish(`${root}/f`, bytes)
      const file = await fs.open(`${root}/f`)
      try {
        const chunks = (offset: number): AsyncIterable<Uint8Array> | Promise<Uint8Array>[] => file.chunks?.(offset) ?? [file.read(offset, file.size)]
        for (const offset of [0, 1, 70_000, 100_000]) assert.deepEqual(new Uint8Array(Buffer.concat(await collect(chunks(offset)))), bytes.slice(offset))
        for await (const chunk of chunks(0)) {
          assert.ok(chunk.length > 0)
          break // leaving early leaves nothing behind
        }
      } finally {
        await file.close()
      }
    })
    on('lists what is directly below, sorted, with sizes', async (fs, root) => {
      for (const name of ['b', 'a/x', 'a-b', 'a0', 'c']) await fs.publish(`${root}/in/${name}`, text(name))
      await fs.publish(`${root}/inside`, text('a sibling with the same beginning'))
      const found = await collect(fs.list(`${root}/in`))
      assert.deepEqual(found.map((status) => [relative(status, `${root}/in`), status.isDirectory]), [['a', true], ['a-b', false], ['a0', false], ['b', false], ['c', false]])
      assert.deepEqual(found.filter((status) => !status.isDirectory).map((status) => status.size), [3, 2, 1, 1])
    })
    on('lists recursively, files only, sorted by their whole path', async (fs, root) => {
      for (const name of ['b/c/d', 'b/a', 'a/x', 'a-b', 'a0']) await fs.publish(`${root}/in/${name}`, text(name))
      assert.deepEqual(await names(fs, `${root}/in`, true), ['a-b', 'a/x', 'a0', 'b/a', 'b/c/d'])
    })
    on('a listing and a status say the same of a file', async (fs, root) => {
      await fs.publish(`${root}/in/f`, text('content'))
      const [listed] = await collect(fs.list(`${root}/in`))
      assert.deepEqual(await fs.status(`${root}/in/f`), listed)
    })
    on('lists nothing where nothing is', async (fs, root) => {
      assert.deepEqual(await collect(fs.list(`${root}/none`)), [])
      assert.deepEqual(await collect(fs.list(`${root}/none`, { recursive: true })), [])
    })
    on('listing stops when it is aborted', async (fs, root) => {
      await fs.publish(`${root}/f`, text('x'))
      const reason = new Error('stop')
      await assert.rejects(collect(fs.list(root, { signal: AbortSignal.abort(reason) })), (error) => error === reason)
    })
    on('names may hold spaces, percent signs and letters beyond ASCII', async (fs, root) => {
      const name = 'day=2001-01-01/a b%20c+é漢.txt'
      await fs.publish(`${root}/${name}`, text('x'))
      const [found] = await collect(fs.list(root, { recursive: true }))
      assert.ok(found)
      assert.equal(relative(found, root), name)
      assert.equal(await content(fs, found.path), 'x')
      await fs.delete(found.path)
      assert.equal(await fs.status(`${root}/${name}`), undefined)
    })
  })
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const hasCode = (error: unknown, code: string): error is MillraceError => MillraceError.is(error) && error.code === code
const isMillraceError = (error: unknown): boolean => MillraceError.is(error)
const relative = (status: FileStatus, root: string): string => status.path.slice(root.length + 1)

async function collect<T>(items: AsyncIterable<T> | Iterable<Promise<T>>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

async function names(fs: FileSystem, root: string, recursive: boolean): Promise<string[]> {
  return (await collect(fs.list(root, { recursive }))).map((status) => relative(status, root))
}

async function content(fs: FileSystem, path: string): Promise<string> {
  return new TextDecoder().decode(await readWhole(fs, path))
}

/** All bytes of a small file. */
export async function readWhole(fileSystem: FileSystem, path: string): Promise<Uint8Array> {
  const file = await fileSystem.open(path)
  try {
    return await file.read(0, file.size)
  } finally {
    await file.close()
  }
}

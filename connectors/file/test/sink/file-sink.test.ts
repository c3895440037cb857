import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import type { BadRecord, FileReaderFormat, FileWriterFormat, RecoverableStream, RecoverableWriter, Sink } from '@millrace/core/spi'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fileSink, fileSource } from '@millrace/connector-file'
import type { FileSinkOptions } from '@millrace/connector-file'
import { fileSystems, onFileSystem, sinkContext, temporaryDirectory } from '../support/contexts.ts'
import { arrayWriter, lineReader, lineWriter } from '../support/line-format.ts'
import { killableFileSystem, SinkJob } from '../support/sink-job.ts'

interface Row {
  readonly n: number
  readonly p: string
}

type Options = Partial<FileSinkOptions<Row>> & { readonly rowAt?: (n: number) => Row }

async function setUp({ rowAt = (n) => ({ n, p: `p=${n % 2}` }), ...options }: Options = {}) {
  const path = await temporaryDirectory()
  const clock = { ms: 1_000_000 }
  const start = (changed: Partial<FileSinkOptions<Row>> = {}) =>
    fileSink<Row>({ path, format: { fileWriter: lineWriter<Row>() }, ...options, ...changed })
  const files = killableFileSystem(path)
  onTestFinished(() => files.kill())
  const job = new SinkJob(start(), rowAt, files, clock)
  const everything = async (): Promise<readonly string[]> =>
    (await readdir(path, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => relative(path, join(entry.parentPath, entry.name)))
  const hidden = async (): Promise<readonly string[]> => (await everything()).filter((name) => /(^|\/)\./.test(name))
  /** The published rows of each file, files in the order of their names with the token taken out. */
  const visible = async (): Promise<Readonly<Record<string, readonly number[]>>> => {
    const found: Record<string, readonly number[]> = {}
    for (const name of (await everything()).filter((file) => !/(^|\/)\./.test(file)).sort()) {
      const text = await readFile(join(path, name), 'utf8')
      const rows = text.startsWith('[') ? (JSON.parse(text) as Row[]) : text.trimEnd().split('\n').map((line) => JSON.parse(line) as Row)
      found[name.replace(/-[0-9a-f]{12}-/, '-')] = rows.map(({ n }) => n)
    }
    return found
  }
  return { path, clock, files, job, start, everything, hidden, visible }
}

describe('visibility', () => {
  it('comes with the checkpoint that contains the end of the file', async () => {
    const { job, visible, hidden } = await setUp({ format: { fileWriter: arrayWriter<Row>() } })
    await job.start(1)
    await job.write(3)
    expect([await visible(), (await hidden()).length]).toEqual([{}, 1])
    await job.checkpoint()
    expect(await visible()).toEqual({ 'part-0-0.json': [0, 1, 2] })
    await job.write(1)
    await job.checkpoint({ abort: true })
    expect(await visible()).toEqual({ 'part-0-0.json': [0, 1, 2] })
    await job.finish()
    expect([await visible(), await hidden()]).toEqual([{ 'part-0-0.json': [0, 1, 2], 'part-0-1.json': [3] }, []])
  })

  it('row files go on across checkpoints and restarts and end with the input', async () => {
    const { job, visible, hidden } = await setUp()
    await job.start(1)
    await job.write(3)
    await job.checkpoint()
    await job.write(2)
    await job.fail('kill')
    await job.start(1)
    await job.write(1)
    await job.checkpoint()
    expect([await visible(), (await hidden()).length]).toEqual([{}, 1])
    await job.finish()
    expect([await visible(), await hidden()]).toEqual([{ 'part-0-0.jsonl': [0, 1, 2, 3] }, []])
  })

  it('without records there are no files, not even a directory', async () => {
    const { job, everything } = await setUp()
    await job.start(2)
    await job.write(0)
    await job.checkpoint()
    await job.finish()
    expect(await everything()).toEqual([])
  })

  it.each([lineWriter<Row>(), arrayWriter<Row>()])('a record that the format refuses leaves no empty file: $name', async (lines) => {
    const refusing: FileWriterFormat<Row> = {
      ...lines,
      open(output, options) {
        const records = lines.open(output, options)
        return {
          write(value) {
            if (value.n < 2) throw new TypeError(`refused ${value.n}`)
            records.write(value)
          },
          flush: () => records.flush(),
          finish: () => records.finish(),
        }
      },
    }
    const { start, files, visible, hidden } = await setUp({ format: { fileWriter: refusing }, partition: ({ p }) => p })
    const context = sinkContext({ systems: files.systems })
    const writer = await start().createWriter(context, [])
    for (const n of [0, 1, 2]) {
      if (n < 2) expect(() => writer.write({ n, p: 'a' }, 0)).toThrow(`refused ${n}`)
      else writer.write({ n, p: 'b' }, 0)
      await writer.ready?.()
    }
    await writer.flush(false)
    expect((await writer.snapshotState?.(1))?.length ?? 0).toBe(lines.appendable ? 1 : 0)
    await writer.flush(true)
    await (await start().createCommitter?.(context))?.commit((await writer.prepareCommit?.(2)) as never)
    await writer.close?.()
    expect(Object.values(await visible())).toEqual([[2]])
    expect(await hidden()).toEqual([])
  })

  it('subtasks and attempts never share a name', async () => {
    const { job, everything } = await setUp({ rollBytes: 1 })
    await job.start(2)
    await job.write(4)
    await job.checkpoint()
    await job.fail('close')
    await job.start(2)
    await job.write(4)
    await job.finish()
    const names = await everything()
    expect(new Set(names).size).toBe(8)
    for (const name of names) expect(name).toMatch(/^part-[01]-[0-9a-f]{12}-[01]\.jsonl$/)
  })
})

describe('rolling', () => {
  it('by size', async () => {
    const { job, visible } = await setUp({ rollBytes: 30 })
    await job.start(1)
    await job.write(5)
    await job.checkpoint()
    expect(await visible()).toEqual({ 'part-0-0.jsonl': [0, 1], 'part-0-1.jsonl': [2, 3] })
    await job.finish()
    expect(await visible()).toMatchObject({ 'part-0-2.jsonl': [4] })
  })

  it('by age, counted from the first record and across restarts', async () => {
    const { job, clock, visible } = await setUp({ rollEvery: '10s', rollInactivity: '1h' })
    await job.start(1)
    for (let i = 0; i < 3; i++) {
      await job.write(1)
      clock.ms += 4_000
      await job.checkpoint()
      await job.fail('kill')
      await job.start(1)
    }
    await job.write(1)
    await job.checkpoint()
    expect(await visible()).toEqual({ 'part-0-0.jsonl': [0, 1, 2] })
  })

  it('by inactivity, by default after a minute', async () => {
    const { job, clock, visible } = await setUp({ rollEvery: '1h', partition: ({ p }) => p })
    await job.start(1)
    await job.write(2)
    clock.ms += 59_999
    await job.checkpoint()
    expect(await visible()).toEqual({})
    await job.write(1)
    clock.ms += 1
    await job.checkpoint()
    expect(await visible()).toEqual({ 'p=1/part-0-1.jsonl': [1] })
  })

  it('when too many partitions are open: the oldest file is finished', async () => {
    const { job, visible, hidden } = await setUp({ partition: ({ n }) => `d${n % 3}`, maxOpenFiles: 2 })
    await job.start(1)
    await job.write(4)
    expect((await hidden()).length).toBe(4)
    await job.checkpoint()
    expect(await visible()).toEqual({ 'd0/part-0-0.jsonl': [0], 'd1/part-0-1.jsonl': [1] })
    await job.finish()
    expect(await visible()).toMatchObject({ 'd2/part-0-2.jsonl': [2], 'd0/part-0-3.jsonl': [3] })
  })

  it('compressed files at each checkpoint, readable on their own', async () => {
    const { job, path, everything } = await setUp({ compression: 'zstd' })
    await job.start(1)
    await job.write(2)
    await job.checkpoint()
    await job.write(1)
    await job.finish()
    const names = (await everything()).toSorted()
    expect(names).toEqual([expect.stringMatching(/-0\.jsonl\.zst$/), expect.stringMatching(/-1\.jsonl\.zst$/)])
    expect(zstdDecompressSync(await readFile(join(path, names[1] as string))).toString()).toBe('{"n":2,"p":"p=0"}\n')
  })
})

describe('partitions', () => {
  it('are directories below the path', async () => {
    const { job, visible } = await setUp({ partition: ({ n }) => (n === 2 ? '' : `day=2001-01-0${n + 1}/hour=12:00`) })
    await job.start(1)
    await job.write(3)
    await job.finish()
    expect(await visible()).toEqual({ 'day=2001-01-01/hour=12:00/part-0-0.jsonl': [0], 'day=2001-01-02/hour=12:00/part-0-1.jsonl': [1], 'part-0-2.jsonl': [2] })
  })

  it.each(['..', 'a/../b', '/a', 'a/', 'a//b', '.', 'a\\b', 'a\0', undefined as unknown as string])('refuse %j', async (partition) => {
    const { job, everything } = await setUp({ partition: () => partition })
    await job.start(1)
    await expect(job.write(1)).rejects.toMatchObject({ code: 'FILE_BAD_PARTITION', origin: 'user', message: expect.stringContaining('day=2001-01-01') })
    await job.fail('close')
    expect(await everything()).toEqual([])
  })
})

describe('restoring', () => {
  it('several states into one subtask goes on with one file per partition and finishes the others', async () => {
    const { job, visible } = await setUp({ partition: () => 'x' })
    await job.start(3)
    await job.write(6)
    await job.checkpoint()
    await job.fail('close')
    await job.start(1)
    await job.write(2)
    await job.checkpoint()
    expect(await visible()).toEqual({ 'x/part-1-0.jsonl': [1, 4], 'x/part-2-0.jsonl': [2, 5] })
    await job.finish()
    expect(await visible()).toMatchObject({ 'x/part-0-0.jsonl': [0, 3, 6, 7] })
  })

  it('on more subtasks leaves the others with nothing to resume', async () => {
    const { job, visible } = await setUp()
    await job.start(1)
    await job.write(2)
    await job.checkpoint()
    await job.fail('kill')
    await job.start(2)
    await job.write(2)
    await job.finish()
    expect(await visible()).toEqual({ 'part-0-0.jsonl': [0, 1, 2], 'part-1-0.jsonl': [3] })
  })

  it.each([
    ['another format', { format: { fileWriter: arrayWriter<Row>() } }],
    ['compression', { compression: 'gzip' as const }],
  ])('with %s finishes the old file as it is', async (_, changed) => {
    const { start, files, visible } = await setUp()
    const before = await start().createWriter(sinkContext({ systems: files.systems }), [])
    before.write({ n: 1, p: '' }, 0)
    await before.flush(false)
    const states = JSON.parse(JSON.stringify(await before.snapshotState?.(1))) as unknown[]
    await before.close?.()
    const sink = start(changed)
    const after = await sink.createWriter(sinkContext({ systems: files.systems }), states)
    await after.flush(true)
    const committer = await sink.createCommitter?.(sinkContext({ systems: files.systems }))
    await committer?.commit((await after.prepareCommit?.(2)) as never)
    await after.close?.()
    expect(await visible()).toEqual({ 'part-0-0.jsonl': [1] })
  })

  it('a checkpoint older than published output fails instead of writing twice', async () => {
    const { start, files, hidden } = await setUp()
    const sink = start()
    const context = sinkContext({ systems: files.systems })
    const writer = await sink.createWriter(context, [])
    writer.write({ n: 1, p: '' }, 0)
    await writer.flush(false)
    const states = (await writer.snapshotState?.(1)) ?? []
    await writer.flush(true)
    const committer = await sink.createCommitter?.(context)
    await committer?.commit((await writer.prepareCommit?.(2)) as never)
    await writer.close?.()
    await expect(sink.createWriter(context, states)).rejects.toMatchObject({ code: 'FILE_CANNOT_RESUME', message: expect.stringContaining('latest checkpoint') })
    expect(await hidden()).toEqual([])
  })
})

describe('a failed attempt', () => {
  it('removes what no checkpoint can contain: open files, finished ones, and records that never reached a file', async () => {
    const { job, hidden, visible } = await setUp({ rollBytes: 30 })
    await job.start(1)
    await job.write(5)
    expect((await hidden()).length).toBe(3)
    await job.fail('close')
    expect([await visible(), await hidden()]).toEqual([{}, []])
  })

  it('keeps what a checkpoint refers to, also when it rolled since', async () => {
    const { job, hidden, visible } = await setUp({ rollBytes: 30 })
    await job.start(1)
    await job.write(1)
    await job.checkpoint()
    await job.write(4)
    expect((await hidden()).length).toBe(3)
    await job.fail('close')
    expect((await hidden()).length).toBe(1)
    await job.start(1)
    await job.write(1)
    await job.finish()
    expect([await visible(), await hidden()]).toEqual([{ 'part-0-0.jsonl': [0, 1] }, []])
  })

  it.each(['ready', 'write'] as const)('reports a stream whose %s fails, and lets go of it', async (method) => {
    const { path } = await setUp()
    const local = fileSystems.forPath(path)
    const failing = onFileSystem({
      ...local,
      createRecoverableWriter() {
        const writer = local.createRecoverableWriter?.() as RecoverableWriter
        return { ...writer, open: async (name) => brokenStream(await writer.open(name), method) }
      },
    })
    for (const compression of ['none', 'gzip'] as const) {
      const writer = await fileSink({ path, format: { fileWriter: lineWriter<Row>() }, compression }).createWriter(sinkContext({ systems: failing }), [])
      writer.write({ n: 1, p: '' }, 0)
      const wait = async (): Promise<void> => {
        await writer.ready?.()
        await writer.flush(true)
      }
      await expect(wait()).rejects.toThrow('disk gone')
      await writer.close?.()
      expect(await readdir(path)).toEqual([])
    }
  })
})

/** A stream whose disk fails at once, seen through `ready` or through `write`; it can still be given up. */
function brokenStream(stream: RecoverableStream, method: 'ready' | 'write'): RecoverableStream {
  const failure = new Error('disk gone')
  return {
    path: stream.path,
    position: 0,
    write() {
      if (method === 'write') throw failure
    },
    ready: () => (method === 'ready' ? Promise.reject(failure) : undefined),
    persist: () => stream.persist(),
    closeForCommit: () => stream.closeForCommit(),
    abandon: () => stream.abandon(),
    close: () => stream.close(),
  }
}

describe('options', () => {
  const format = { fileWriter: lineWriter<Row>() }

  it('are checked', () => {
    const bad = (options: object): unknown => expect(() => fileSink({ path: 'x', format, ...options })).toThrowError(expect.objectContaining({ code: 'FILE_BAD_OPTION', origin: 'user' }))
    bad({ path: '' })
    bad({ prefix: '_x' })
    bad({ prefix: 'a/b' })
    bad({ rollBytes: 0 })
    bad({ maxOpenFiles: 0.5 })
    expect(() => fileSink({ path: 'x', format, rollEvery: '1m' as '1s' })).toThrowError(expect.objectContaining({ code: 'CORE_INVALID_DURATION' }))
    expect(() => fileSink({ path: 'x', format: { fileWriter: arrayWriter() }, compression: 'gzip' })).toThrowError(expect.objectContaining({ code: 'FILE_COMPRESSION_UNSUPPORTED' }))
  })

  it('say what the sink is', () => {
    expect(fileSink({ path: 'out/', format })).toMatchObject({ kind: 'sink', name: 'file', description: { path: 'out', format: 'lines', rollBytes: 134_217_728, rollEveryMs: 60_000, rollInactivityMs: 60_000 } })
  })

  it('need a file system that can resume', async () => {
    const plain = { ...fileSystems.forPath('x') }
    delete plain.createRecoverableWriter
    await expect(fileSink({ path: 'x', format }).createWriter(sinkContext({ systems: onFileSystem(plain) }), [])).rejects.toMatchObject({
      code: 'FILE_NO_RECOVERABLE_WRITER',
      origin: 'user',
      message: expect.stringContaining('file:'),
    })
  })

  it('fit the types of what they are given', () => {
    const anyLines = (): { readonly fileWriter: FileWriterFormat<unknown>; readonly fileReader: FileReaderFormat<unknown> } => ({ fileWriter: lineWriter(), fileReader: lineReader() })
    const deadLetters: Sink<BadRecord> = fileSink({ path: 'dead', format: anyLines() })
    fileSource({ path: 'x', format: { fileReader: lineReader<Row>() }, onBadRecord: { deadLetter: deadLetters } })
    fileSource({ path: 'x', format: { fileReader: lineReader<Row>() }, onBadRecord: { deadLetter: fileSink({ path: 'dead', format: anyLines() }) } })
    // @ts-expect-error a sink of other records
    fileSource({ path: 'x', format: { fileReader: lineReader<Row>() }, onBadRecord: { deadLetter: fileSink({ path: 'dead', format }) } })
    expect(deadLetters.kind).toBe('sink')
  })
})

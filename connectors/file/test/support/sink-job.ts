import type { Committer, FileSystem, FileSystems, RecoverableStream, Sink, SinkWriter } from '@millrace/core/spi'
import { fileSystems, onFileSystem, sinkContext } from './contexts.ts'
import type { Clock } from './contexts.ts'

/** The local file system, which can let go of all its streams as the end of a process does. */
export interface KillableFileSystem {
  readonly systems: FileSystems
  kill(): Promise<void>
}

export function killableFileSystem(path: string): KillableFileSystem {
  const local = fileSystems.forPath(path)
  let streams: RecoverableStream[] = []
  const remember = async (opening: Promise<RecoverableStream>): Promise<RecoverableStream> => {
    const stream = await opening
    streams.push(stream)
    return stream
  }
  const fileSystem: FileSystem = {
    ...local,
    createRecoverableWriter() {
      const writer = local.createRecoverableWriter?.()
      if (writer === undefined) throw new Error('the local file system has a recoverable writer')
      return { ...writer, open: (name) => remember(writer.open(name)), resume: (token) => remember(writer.resume(token)) }
    },
  }
  return {
    systems: onFileSystem(fileSystem),
    async kill() {
      for (const stream of streams) await stream.close()
      streams = []
    },
  }
}

interface Checkpoint {
  readonly position: number
  readonly states: readonly unknown[]
  readonly committables: readonly unknown[]
}

/** Where a checkpoint or the commit after it is cut off. */
export type CrashPoint = 'flush' | 'prepare' | 'snapshot' | 'complete' | 'half commit' | 'commit'

export const CRASH_POINTS: readonly CrashPoint[] = ['flush', 'prepare', 'snapshot', 'complete', 'half commit', 'commit']

/**
 * What the engine does with a sink, step by step, in one process: record n goes to subtask n % parallelism; state and
 * committables pass through JSON, as in checkpoint storage.
 */
export class SinkJob<T> {
  position = 0
  readonly #sink: Sink<T>
  readonly #recordAt: (position: number) => T
  readonly #files: KillableFileSystem
  readonly #clock: Clock
  #parallelism = 0
  #writers: SinkWriter<T>[] = []
  #committer: Committer<unknown> | undefined
  #completed: Checkpoint = { position: 0, states: [], committables: [] }
  /** Of checkpoints that were aborted: they ride with the next. */
  #riding: unknown[] = []
  #id = 0

  constructor(sink: Sink<T>, recordAt: (position: number) => T, files: KillableFileSystem, clock: Clock) {
    this.#sink = sink
    this.#recordAt = recordAt
    this.#files = files
    this.#clock = clock
  }

  /** Starts an attempt from the last completed checkpoint; commits are replayed. */
  async start(parallelism: number): Promise<void> {
    const { position, states, committables } = JSON.parse(JSON.stringify(this.#completed)) as Checkpoint
    this.position = position
    this.#parallelism = parallelism
    this.#riding = []
    this.#committer = (await this.#sink.createCommitter?.(this.#context(0))) as Committer<unknown>
    await this.#committer.commit(committables)
    this.#writers = []
    for (let subtask = 0; subtask < parallelism; subtask++) {
      const restored = states.filter((_, i) => i % parallelism === subtask)
      this.#writers.push(await this.#sink.createWriter(this.#context(subtask), restored))
    }
  }

  async write(records: number): Promise<void> {
    for (let i = 0; i < records; i++) {
      const position = this.position++
      this.#writers[position % this.#parallelism]?.write(this.#recordAt(position), 0)
    }
    for (const writer of this.#writers) await writer.ready?.()
  }

  /** Returns false where it was cut off. */
  async checkpoint(options: { readonly end?: boolean; readonly abort?: boolean; readonly crash?: CrashPoint } = {}): Promise<boolean> {
    const { end = false, abort = false, crash } = options
    const id = ++this.#id
    for (const writer of this.#writers) await writer.flush(end)
    if (crash === 'flush') return false
    const committables = [...this.#riding]
    for (const writer of this.#writers) committables.push(...((await writer.prepareCommit?.(id)) ?? []))
    if (crash === 'prepare') return false
    const states: unknown[] = []
    for (const writer of this.#writers) states.push(...((await writer.snapshotState?.(id)) ?? []))
    if (crash === 'snapshot') return false
    if (abort) {
      this.#riding = committables
      return true
    }
    this.#completed = { position: this.position, states, committables }
    this.#riding = []
    if (crash === 'complete') return false
    const stored = JSON.parse(JSON.stringify(committables)) as unknown[]
    if (crash === 'half commit') {
      await this.#committer?.commit(stored.slice(0, stored.length / 2))
      return false
    }
    await this.#committer?.commit(stored)
    if (crash !== 'commit') return true
    await this.#committer?.commit(stored)
    return false
  }

  /** The task fails and its writers are closed, or the process is gone. */
  async fail(how: 'close' | 'kill'): Promise<void> {
    if (how === 'close') for (const writer of this.#writers) await writer.close?.()
    await this.#files.kill()
  }

  async finish(): Promise<void> {
    await this.checkpoint({ end: true })
    for (const writer of this.#writers) await writer.close?.()
  }

  #context(subtask: number) {
    return sinkContext({ subtask, clock: this.#clock, systems: this.#files.systems })
  }
}

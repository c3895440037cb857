import { randomBytes } from 'node:crypto'
import { MillraceError } from '@millrace/core/spi'
import type { FileWriterFormat, RecoverableStream, RecoverableWriter, SinkWriter, SinkWriterContext } from '@millrace/core/spi'
import { checkPartition } from './check-partition.ts'
import type { FileSinkCompression } from './compressor.ts'
import type { FileCommittable } from './file-committer.ts'
import { inGroups } from './in-groups.ts'
import { PartFile } from './part-file.ts'
import type { PartFileState } from './part-file.ts'
import { recoverableWriterFor } from './recoverable-writer-for.ts'

export interface FileSinkConfig<T> {
  /** Without a slash at the end. */
  readonly path: string
  readonly format: FileWriterFormat<T>
  readonly compression: FileSinkCompression
  readonly extension: string
  readonly prefix: string
  readonly partition: ((value: T) => string) | undefined
  readonly rollBytes: number
  readonly rollEveryMs: number
  readonly rollInactivityMs: number
  readonly maxOpenFiles: number
}

/** What a checkpoint keeps of a writer. */
export interface FileSinkWriterState {
  readonly parts: readonly PartFileState[]
}

/**
 * Writes one in-progress file per partition. `write` only encodes; files are opened, finished and looked at for their age
 * in `ready`, once a batch, and in `flush`, so that all waiting happens where the task can wait.
 */
export class FileSinkWriter<T> implements SinkWriter<T, FileCommittable, FileSinkWriterState> {
  readonly #config: FileSinkConfig<T>
  readonly #context: SinkWriterContext
  readonly #recoverable: RecoverableWriter
  /** Whether an in-progress file can be taken over by the next attempt. */
  readonly #appendable: boolean
  /** New with every writer, so that no attempt ever meets the names of another, whatever became of it. */
  readonly #token = randomBytes(6).toString('hex')
  #counter = 0
  readonly #open = new Map<string, PartFile<T>>()
  /** The file of the last record: mostly that of the next one too. */
  #last: PartFile<T> | undefined
  /** To be finished, in the order they were rolled. */
  readonly #rolled = new Set<PartFile<T>>()
  /** Finished and not yet handed over for commit. */
  #pending: { readonly committable: FileCommittable; readonly inSnapshot: boolean }[] = []

  constructor(config: FileSinkConfig<T>, context: SinkWriterContext) {
    this.#config = config
    this.#context = context
    this.#recoverable = recoverableWriterFor(context.fileSystems, config.path)
    this.#appendable = config.format.appendable && config.compression === 'none'
  }

  /** Goes on with the files of earlier writers. Where several wrote to one partition, all but one are finished. */
  async restore(states: readonly FileSinkWriterState[]): Promise<void> {
    for (const state of states.flatMap(({ parts }) => parts)) {
      const { path, partition, extension, createdMs } = state
      const stream = await resumeStream(recoverableWriterFor(this.#context.fileSystems, path), state)
      if (!this.#appendable || extension !== this.#config.extension || !path.startsWith(`${this.#config.path}/`)) {
        this.#context.logger.info({ file: path }, 'The sink writes elsewhere or in another format now; the unfinished file is finished as it is')
        this.#pending.push({ committable: { path, token: await stream.closeForCommit() }, inSnapshot: true })
        continue
      }
      const { format, compression } = this.#config
      const part = new PartFile({ partition, path, extension, createdMs, format, compression }, stream)
      if (this.#open.has(partition) || this.#open.size >= this.#config.maxOpenFiles) this.#rolled.add(part)
      else this.#open.set(partition, part)
    }
  }

  write(value: T): void {
    const partition = this.#config.partition === undefined ? '' : this.#config.partition(value)
    const last = this.#last
    const part = last !== undefined && last.partition === partition ? last : this.#partFor(partition)
    part.write(value)
    if (part.bytes >= this.#config.rollBytes) this.#roll(part)
  }

  ready(): Promise<void> | undefined {
    this.#rollByTime()
    const waits: Promise<void>[] = []
    let unsettled = this.#rolled.size > 0
    for (const part of this.#open.values()) {
      const wait = part.ready()
      if (wait !== undefined) waits.push(wait)
      unsettled ||= !part.isOpen
    }
    return unsettled || waits.length > 0 ? this.#settle(waits) : undefined
  }

  async flush(endOfInput: boolean): Promise<void> {
    this.#rollByTime()
    for (const part of this.#open.values()) if (endOfInput || !this.#appendable || part.isEmpty) this.#roll(part)
    await this.#settle([])
    await inGroups([...this.#open.values()], (part) => part.persist(this.#recoverable))
  }

  prepareCommit(): readonly FileCommittable[] {
    const committables = this.#pending.map(({ committable }) => committable)
    this.#pending = []
    return committables
  }

  snapshotState(): readonly FileSinkWriterState[] {
    return this.#open.size === 0 ? [] : [{ parts: [...this.#open.values()].map((part) => part.snapshot()) }]
  }

  /** What no checkpoint can contain is removed; the rest belongs to the next attempt. */
  async close(): Promise<void> {
    const unreachable = this.#pending.filter(({ inSnapshot }) => !inSnapshot)
    try {
      await inGroups([...this.#rolled, ...this.#open.values()], (part) => part.release())
    } finally {
      await inGroups(unreachable, ({ committable }) => this.#recoverable.discard(committable.token))
    }
  }

  #partFor(partition: string): PartFile<T> {
    const part = this.#open.get(partition) ?? this.#create(partition)
    this.#last = part
    return part
  }

  #create(partition: string): PartFile<T> {
    checkPartition(partition)
    const { path, prefix, extension, format, compression, maxOpenFiles } = this.#config
    const oldest = this.#open.size >= maxOpenFiles ? this.#open.values().next().value : undefined
    if (oldest !== undefined) this.#roll(oldest)
    const directory = partition === '' ? path : `${path}/${partition}`
    const name = `${prefix}-${this.#context.subtaskIndex}-${this.#token}-${this.#counter++}${extension}`
    const part = new PartFile({ partition, path: `${directory}/${name}`, extension, createdMs: this.#context.now(), format, compression })
    this.#open.set(partition, part)
    return part
  }

  #roll(part: PartFile<T>): void {
    this.#open.delete(part.partition)
    if (this.#last === part) this.#last = undefined
    this.#rolled.add(part)
  }

  #rollByTime(): void {
    const now = this.#context.now()
    const { rollEveryMs, rollInactivityMs } = this.#config
    for (const part of this.#open.values()) {
      if (part.touched) part.lastWriteMs = now
      part.touched = false
      if (now - part.createdMs >= rollEveryMs || now - part.lastWriteMs >= rollInactivityMs) this.#roll(part)
    }
  }

  /** Finishes what was rolled, opens what is new, and waits until little enough is on its way. */
  async #settle(waits: readonly Promise<void>[]): Promise<void> {
    await Promise.all(waits)
    await inGroups([...this.#rolled], (part) => this.#finish(part))
    await inGroups([...this.#open.values()], async (part) => {
      await part.open(this.#recoverable)
      await part.ready()
    })
  }

  async #finish(part: PartFile<T>): Promise<void> {
    if (part.isEmpty) await part.release()
    else {
      const token = await part.finish(this.#recoverable)
      this.#pending.push({ committable: { path: part.path, token }, inSnapshot: part.inSnapshot })
    }
    this.#rolled.delete(part)
  }
}

async function resumeStream(recoverable: RecoverableWriter, { path, resume }: PartFileState): Promise<RecoverableStream> {
  try {
    return await recoverable.resume(resume)
  } catch (error) {
    if (!MillraceError.is(error) || error.code !== 'FS_NOT_FOUND') throw error
    throw new MillraceError(
      'FILE_CANNOT_RESUME',
      `The checkpoint expects the unfinished file of ${path}, which is gone: either it was deleted, or a later checkpoint finished it, and going ` +
        `back behind that would write its records twice. Restore the latest checkpoint, or let the sink write to an empty directory`,
      { origin: 'external', at: { file: path }, cause: error },
    )
  }
}

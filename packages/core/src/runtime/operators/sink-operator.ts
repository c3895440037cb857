import { describeError, MillraceError } from '../../errors.ts'
import type { OperatorListState } from '../../functions/process-function.ts'
import type { StreamNode } from '../../graph/stream-graph.ts'
import type { Committer, Sink, SinkWriter, SinkWriterContext } from '../../spi/sink.ts'
import { MIN_WATERMARK } from '../time/timestamps.ts'
import { CommitRetry } from './commit-retry.ts'
import { Committables } from './committables.ts'
import { describeRecord } from './describe-record.ts'
import { jsonObjectSerializer } from './json-object-serializer.ts'
import { requireSynchronousWriter } from './require-synchronous.ts'
import type { OperatorContext, StreamOperator } from './stream-operator.ts'
import { UserErrors } from './user-errors.ts'

const ALL_CHECKPOINTS = Number.MAX_SAFE_INTEGER

/**
 * Writes, and commits in two phases: what a checkpoint contains is committed when it has completed, with everything older.
 * An aborted checkpoint discards nothing. What a restored checkpoint contains is committed again when the sink opens.
 * Without checkpointing everything is committed when the input has ended.
 */
export function createSinkOperator(node: StreamNode, context: OperatorContext, sink: Sink<never>): StreamOperator {
  return new SinkOperator(node, context, sink as Sink<unknown>)
}

class SinkOperator implements StreamOperator {
  readonly #context: OperatorContext
  readonly #errors: UserErrors
  readonly #sink: Sink<unknown>
  readonly #writerStates: OperatorListState<unknown>
  /** Generated chains call it themselves, and `failed` when it throws. Present once open. */
  writer!: SinkWriter<unknown>
  #committing: { readonly committer: Committer<unknown>; readonly committables: Committables; readonly retry: CommitRetry } | undefined
  #watermark = MIN_WATERMARK
  #finished = false

  constructor(node: StreamNode, context: OperatorContext, sink: Sink<unknown>) {
    this.#context = context
    this.#errors = new UserErrors(node, context)
    this.#sink = sink
    this.#writerStates = context.operatorState.objects('sink-writer', sink.writerStateSerializer ?? jsonObjectSerializer(`writer states of sink ${sink.name}`), 'split')
  }

  async open(): Promise<void> {
    const context = this.#writerContext()
    if (this.#sink.createCommitter !== undefined) {
      const committer = (await this.#calling('open its committer', () => this.#sink.createCommitter?.(context))) as Committer<unknown>
      const serializer = this.#sink.committableSerializer ?? jsonObjectSerializer(`committables of sink ${this.#sink.name}`)
      this.#committing = { committer, committables: new Committables(this.#context, serializer), retry: new CommitRetry(this.#context, committer) }
      await this.#commitUpTo(ALL_CHECKPOINTS)
    }
    const writer = await this.#calling('open its writer', () => this.#sink.createWriter(context, this.#writerStates.get()))
    this.writer = requireSynchronousWriter(writer, this.#context.name)
  }

  processElement(value: unknown, timestamp: number): void {
    try {
      this.writer.write(value, timestamp)
    } catch (error) {
      this.failed(error, value, timestamp)
    }
  }

  /** The writer threw. Only what the record is to blame for can be skipped: an error that says so. */
  failed(error: unknown, value: unknown, timestamp: number): void {
    if (MillraceError.is(error) && error.origin === 'user') this.#errors.handle(error, value, timestamp)
    else throw this.#writeFailed(error, value)
  }

  ready(): Promise<void> | undefined {
    return this.writer.ready?.()
  }

  processWatermark(timestamp: number): void {
    this.#watermark = timestamp
    this.writer.writeWatermark?.(timestamp)
    this.#context.output.emitWatermark(timestamp)
  }

  processStatus(idle: boolean): void {
    this.#context.output.emitStatus(idle)
  }

  async prepareSnapshot(checkpointId: number): Promise<void> {
    if (!this.#finished) await this.#calling('flush', () => this.writer.flush(false))
    await this.#prepareCommit(checkpointId)
  }

  async snapshot(checkpointId: number): Promise<void> {
    this.#writerStates.update((await this.#calling('give its state', () => this.writer.snapshotState?.(checkpointId))) ?? [])
    this.#committing?.committables.snapshot()
  }

  async notifyCheckpointComplete(checkpointId: number): Promise<void> {
    await this.#commitUpTo(checkpointId)
  }

  async finish(): Promise<void> {
    await this.#calling('flush', () => this.writer.flush(true))
    this.#finished = true
    if (this.#context.checkpointingEnabled) return
    await this.#prepareCommit(this.#context.firstCheckpointId)
    await this.#commitUpTo(ALL_CHECKPOINTS)
  }

  async close(): Promise<void> {
    try {
      await this.writer?.close?.()
    } finally {
      await this.#committing?.committer.close?.()
    }
  }

  async #prepareCommit(checkpointId: number): Promise<void> {
    const committables = (await this.#calling('prepare a commit', () => this.writer.prepareCommit?.(checkpointId))) ?? []
    if (this.#committing !== undefined) this.#committing.committables.add(checkpointId, committables)
    else if (committables.length > 0) throw this.#noCommitter()
  }

  async #commitUpTo(checkpointId: number): Promise<void> {
    if (this.#committing === undefined) return
    const { committables, retry } = this.#committing
    const due = committables.upTo(checkpointId)
    if (due.length === 0) return
    await retry.commit(due)
    committables.committed(due)
  }

  /** What the sink's own code throws is not the engine's fault. */
  async #calling<R>(what: string, call: () => R | Promise<R>): Promise<R> {
    try {
      return await call()
    } catch (error) {
      const { name, uid, subtaskIndex } = this.#context
      throw MillraceError.wrap(error, 'CORE_SINK_WRITE', `sink "${name}" (${this.#sink.name}) could not ${what}`, { origin: 'external', at: { operator: name, uid, subtask: subtaskIndex } })
    }
  }

  #noCommitter(): MillraceError {
    const message = `expected sink "${this.#context.name}" (${this.#sink.name}) to have a createCommitter, because its writer returned committables from prepareCommit, found none: nobody would commit them; add it, or publish in flush`
    return new MillraceError('CORE_NO_COMMITTER', message, { origin: 'user', at: { operator: this.#context.name } })
  }

  #writerContext(): SinkWriterContext {
    const { subtaskIndex, parallelism, jobName, firstCheckpointId, checkpointIntervalMs, signal, fileSystems, logger, metrics } = this.#context
    return {
      ...{ subtaskIndex, parallelism, jobName, firstCheckpointId, signal, fileSystems, logger, metrics },
      ...(checkpointIntervalMs === undefined ? {} : { checkpointIntervalMs }),
      now: () => this.#context.now(),
      currentWatermark: () => this.#watermark,
    }
  }

  #writeFailed(error: unknown, value: unknown): MillraceError {
    const { name, uid, subtaskIndex } = this.#context
    const at = { operator: name, uid, subtask: subtaskIndex, record: describeRecord(value) }
    if (MillraceError.is(error)) return error.located(at)
    return new MillraceError('CORE_SINK_WRITE', `sink "${name}" (${this.#sink.name}) could not write record ${at.record}: ${describeError(error)}`, { origin: 'external', at, cause: error })
  }
}

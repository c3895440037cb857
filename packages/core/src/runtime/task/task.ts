import { MillraceError } from '../../errors.ts'
import { createTaskTime, type TaskTime } from '../../metrics/task-time.ts'
import type { Barrier } from '../checkpoint/barrier.ts'
import type { RecordBatch } from '../network/stream-element.ts'
import type { SourceOperator } from '../operators/source-operator.ts'
import type { FromExecutor, SerializedSplit, TaskDeployment, TaskId } from '../protocol.ts'
import { closeOperatorChain, createOperatorChain, type OperatorChain } from './operator-chain.ts'
import { PendingWork } from './pending-work.ts'
import { ProcessingTimers } from './processing-timers.ts'
import { SourcePoller } from './source-poller.ts'
import { type StatePrefetch, statePrefetch } from './state-prefetch.ts'
import { TaskSnapshots } from './task-checkpoint.ts'
import type { TaskEnvironment } from './task-environment.ts'
import { TaskInput } from './task-input.ts'
import { registerTaskMetrics } from './task-metrics.ts'
import { WatermarkTicks } from './watermark-ticks.ts'

/** How long closing waits for user code that does not heed its signal, before it is left behind. */
const CLOSE_TIMEOUT_MS = 30_000

type TaskState = 'created' | 'initialized' | 'running' | 'finished' | 'failed' | 'closed'

/**
 * One parallel instance of a vertex: an ordered message machine around one operator chain. Whoever hosts it calls `step`
 * while it returns true, and again after each `wake`. It handles one message at a time, and while it awaits something
 * (`#blocked`) it handles none.
 */
export class Task {
  readonly id: TaskId
  readonly #environment: TaskEnvironment
  readonly #input: TaskInput
  readonly #abort = new AbortController()
  readonly #mailbox: (() => void)[] = []
  /** Work that must wait until no operator is suspended: barriers and the ends of inputs. */
  readonly #deferred: (() => void)[] = []
  readonly #suspended: Set<number> = new Set()
  readonly #timers: ProcessingTimers
  #chain: OperatorChain | undefined
  #prefetch: StatePrefetch | undefined
  #source: SourcePoller | undefined
  #ticks: WatermarkTicks | undefined
  #opened: Promise<void> = Promise.resolve()
  #state: TaskState = 'created'
  /** A message that is not handled to its end yet: no other one is begun. */
  readonly #blocked: PendingWork
  /** Work of operators that input waits for. Timers go on: a commit that is tried again waits for one. */
  readonly #held: PendingWork
  readonly #firedTimers: number[] = []
  readonly #snapshots: TaskSnapshots
  #snapshot: Promise<void> = Promise.resolve()
  #lastFlushMs = 0
  readonly #bufferTimeoutMs: number
  #backPressured = false
  readonly #time: TaskTime

  constructor(environment: TaskEnvironment) {
    this.#environment = environment
    this.id = environment.deployment.taskId
    this.#bufferTimeoutMs = environment.vertex.bufferTimeoutMs ?? environment.settings.bufferTimeoutMs
    this.#snapshots = new TaskSnapshots(environment, this.#abort.signal)
    this.#time = createTaskTime(() => environment.clock.now())
    this.#blocked = new PendingWork(environment.wake, (error) => this.#fail(error))
    this.#held = new PendingWork(environment.wake, (error) => this.#fail(error))
    this.#timers = new ProcessingTimers(environment.clock, (operator) => {
      this.#firedTimers.push(operator)
      environment.wake()
    })
    this.#input = new TaskInput(environment.inputs, {
      records: (input, batch) => this.#processBatch(input, batch),
      watermark: (timestamp) => this.#head.processWatermark(timestamp),
      status: (idle) => this.#head.processStatus(idle),
      barrier: (barrier) => this.#deferred.push(() => this.#performCheckpoint(barrier)),
      checkpointAborted: (checkpointId) => this.#decline(checkpointId, new MillraceError('CKPT_OVERTAKEN', `Checkpoint ${checkpointId} was overtaken by a newer barrier`, { origin: 'engine', retryable: true })),
      inputEnded: (input, drain) => {
        if (drain && !this.#restoredFinished) this.#deferred.push(() => this.#head.endInput?.(input))
      },
      ended: (drain) => this.#deferred.push(() => this.#finish(drain)),
      defer: (action) => this.#deferred.push(action),
      now: () => environment.clock.now(),
    })
    for (const { channel } of environment.inputs) channel.onData = () => environment.wake()
    for (const writer of environment.writers.values()) for (const channel of writer.channels) channel.onSpace = () => environment.wake()
  }

  get deployment(): TaskDeployment {
    return this.#environment.deployment
  }

  get #head(): OperatorChain['members'][number]['operator'] {
    return (this.#chain as OperatorChain).members[0]?.operator as OperatorChain['members'][number]['operator']
  }

  /** A task that had finished before the checkpoint has already emitted what the end of its inputs emits. */
  get #restoredFinished(): boolean {
    return this.#environment.deployment.restore?.finished === true
  }

  /** Restores and opens everything. Reports `initialized`, or `failed`. */
  initialize(): void {
    this.#opened = this.#open()
  }

  async #open(): Promise<void> {
    try {
      const chain = await createOperatorChain(this.#environment, {
        signal: this.#abort.signal,
        isAvailable: () => this.#outputsAvailable() && this.#sinksReady(),
        suspend: (operator) => this.#suspended.add(operator),
        await: (work) => this.#held.add(work),
        enqueue: (action) => this.#enqueue(action),
        scheduleProcessingTime: (operator, timestamp) => this.#timers.schedule(operator, timestamp),
      })
      this.#chain = chain
      this.#prefetch = statePrefetch(this.#environment.vertex, chain.members[0]?.keyedState)
      // Downstream first: what an operator emits while it opens must find the next one open.
      for (const { operator } of chain.members.toReversed()) await operator.open?.()
      if (this.#environment.vertex.operators[0]?.node.operator.kind === 'source') {
        this.#source = new SourcePoller(this.#head as SourceOperator, this.#environment, this.#abort.signal, (error) => this.#fail(error))
      }
      this.#ticks = new WatermarkTicks(chain, this.#environment)
      if (this.#state === 'closed') return
      registerTaskMetrics(this.#environment.taskMetrics, this.#time, {
        isBackPressured: () => this.#backPressured,
        isIdle: () => chain.members[0]?.output.idle ?? false,
      })
      this.#input.registerMetrics(this.#environment.taskMetrics)
      this.#state = 'initialized'
      this.#environment.report({ kind: 'initialized', taskId: this.id, splits: this.#source?.restoredSplits() ?? [] })
    } catch (error) {
      this.#fail(error)
    }
  }

  run(): void {
    if (this.#state !== 'initialized') return
    this.#state = 'running'
    this.#lastFlushMs = this.#environment.clock.now()
    if (this.#restoredFinished) this.#deferred.push(() => this.#endSource(true))
    else {
      this.#source?.startTicking((action) => this.#enqueue(action))
      this.#ticks?.start((action) => this.#enqueue(action), () => this.#state === 'running', this.#abort.signal)
    }
    this.#environment.wake()
  }

  /** Does a bounded piece of work; true if there may be more at once. */
  step(): boolean {
    if (this.#blocked.isPending || (this.#state !== 'running' && this.#state !== 'finished')) return false
    this.#time.busy()
    try {
      const mayGoOn = this.#work()
      this.#awaitReady()
      return mayGoOn
    } catch (error) {
      this.#fail(error)
      return false
    } finally {
      // Between two steps of its own a task waits for its turn: in one thread only one task is busy at a time.
      if (this.#backPressured || this.#blocked.isPending || this.#held.isPending) this.#time.backPressured()
      else this.#time.idle()
    }
  }

  /** Behind the barriers that came before and wait for the output: these splits are in the enumerator's state of their checkpoints. */
  addSplits(splits: readonly SerializedSplit[]): void {
    this.#enqueue(() => this.#deferred.push(() => this.#source?.addSplits(splits)))
  }

  alignWatermark(maxWatermark: number): void {
    this.#enqueue(() => this.#source?.align(maxWatermark))
  }

  noMoreSplits(): void {
    this.#enqueue(() => this.#deferred.push(() => this.#source?.noMoreSplits()))
  }

  triggerCheckpoint(barrier: Barrier): void {
    this.#enqueue(() => this.#deferred.push(() => this.#performCheckpoint(barrier)))
  }

  drain(): void {
    this.#enqueue(() => {
      if (this.#source?.stop() === true) this.#deferred.push(() => this.#endSource(true))
    })
  }

  checkpointComplete(checkpointId: number): void {
    this.#enqueue(() => this.#blocked.add(this.#notifyComplete(checkpointId)))
  }

  checkpointAborted(checkpointId: number): void {
    this.#enqueue(() => {
      this.#input.cancelCheckpoint(checkpointId)
      for (const { operator, keyedState } of this.#chain?.members ?? []) {
        operator.notifyCheckpointAborted?.(checkpointId)
        keyedState?.notifyCheckpointAborted?.(checkpointId)
      }
    })
  }

  /** Ends the task and releases everything; safe in any state, and more than once. */
  async close(failed: boolean): Promise<void> {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#abort.abort()
    this.#timers.close()
    const { clock, logger, report } = this.#environment
    const { promise: timedOut, resolve } = Promise.withResolvers<void>()
    const cancel = clock.schedule(CLOSE_TIMEOUT_MS, () => {
      logger.error({ task: this.id }, `the task did not close within ${CLOSE_TIMEOUT_MS} ms and is left behind; its functions must stop when their signal aborts`)
      resolve()
    })
    await Promise.race([this.#release(failed), timedOut])
    cancel()
    report({ kind: 'closed', taskId: this.id })
  }

  async #release(failed: boolean): Promise<void> {
    // What the task was awaiting has been told to stop by the signal; its own failure no longer matters.
    await Promise.allSettled([this.#opened, this.#blocked.settled(), this.#held.settled(), this.#snapshot])
    const { logger } = this.#environment
    if (this.#chain !== undefined) await closeOperatorChain(this.#chain, failed, (error) => logger.warn({ task: this.id, error: String(error) }, 'closing an operator failed'))
  }

  #work(): boolean {
    const timer = this.#firedTimers.shift()
    if (timer !== undefined) {
      // A time is over when the next millisecond has begun: until then records may still come that belong to it.
      this.#chain?.members[timer]?.operator.onProcessingTime?.(this.#environment.clock.now() - 1)
      return true
    }
    if (this.#held.isPending) return false
    const mail = this.#mailbox.shift()
    if (mail !== undefined) {
      mail()
      return true
    }
    this.#backPressured = !this.#outputsAvailable()
    if (this.#backPressured) return false
    if (this.#suspended.size > 0) {
      const suspended = [...this.#suspended]
      this.#suspended.clear()
      for (const index of suspended) this.#chain?.members[index]?.operator.resume?.()
      return true
    }
    const deferred = this.#deferred.shift()
    if (deferred !== undefined) {
      deferred()
      return true
    }
    if (this.#state === 'running' && this.#source !== undefined) return this.#poll(this.#source)
    if (this.#input.processNext()) {
      this.#flushIfDue()
      return true
    }
    this.#flush()
    return false
  }

  #poll(source: SourcePoller): boolean {
    const result = source.poll()
    this.#ticks?.tick()
    if (result === 'end') {
      this.#deferred.push(() => this.#endSource(true))
      return true
    }
    if (result === 'more') {
      this.#flushIfDue()
      return true
    }
    this.#flush()
    source.wakeWhenAvailable(() => this.#environment.wake())
    return false
  }

  #processBatch(input: 0 | 1, batch: RecordBatch): void {
    const loading = this.#prefetch?.(input, batch.values)
    if (loading === undefined) this.#collect(input, batch)
    else this.#blocked.add(loading.then(() => this.#collect(input, batch)))
  }

  #collect(input: 0 | 1, batch: RecordBatch): void {
    const collect = (this.#chain as OperatorChain).entries[input]
    const { values, timestamps } = batch
    for (let index = 0; index < values.length; index++) collect(values[index], timestamps[index] as number)
    this.#ticks?.tick()
  }

  /** Not while something is awaited: that may be a sink at work for a checkpoint, and its methods are never called concurrently. */
  #awaitReady(): void {
    if (this.#blocked.isPending) return
    for (const { operator, keyedState } of (this.#chain as OperatorChain).members) {
      const ready = operator.ready?.() ?? keyedState?.prefetch?.([])
      if (ready !== undefined) this.#blocked.add(ready)
    }
  }

  /** Chained sinks bound what a long firing hands them: while one of them is full, the task waits and the firing pauses. */
  #sinksReady(): boolean {
    this.#awaitReady()
    return !this.#blocked.isPending
  }

  #endSource(drain: boolean): void {
    const source = this.#source
    if (source === undefined || source.ended) return
    source.end(drain)
    this.#deferred.push(() => this.#finish(drain))
  }

  /** All data has been processed: lets the operators emit what is left and passes the end on. */
  #finish(drain: boolean): void {
    this.#blocked.add(
      (async () => {
        const members = (this.#chain as OperatorChain).members
        const finishes = drain && !this.#restoredFinished
        for (const [index, { operator }] of members.entries()) {
          if (!finishes) break
          if (index > 0) operator.endInput?.(0)
          await operator.finish?.()
        }
        this.#flush()
        for (const writer of this.#environment.writers.values()) writer.emitEndOfData(drain)
        this.#state = 'finished'
        this.#reportAfterHeldWork({ kind: 'finished', taskId: this.id })
      })(),
    )
  }

  #performCheckpoint(barrier: Barrier): void {
    this.#blocked.add(
      (async () => {
        const members = (this.#chain as OperatorChain).members
        // The copies of a checkpoint that was given up may still be on their way to storage; there is one cut at a time.
        await this.#snapshot
        for (const { operator } of members) await operator.prepareSnapshot?.(barrier.checkpointId)
        for (const writer of this.#environment.writers.values()) writer.emitBarrier(barrier)
        for (const { operator } of members) await operator.snapshot?.(barrier.checkpointId)
        if (barrier.terminal) this.#source?.stop()
        this.#snapshot = this.#snapshots.take(members, barrier, this.#state === 'finished').then(
          (snapshot) => this.#environment.report({ kind: 'checkpointAck', taskId: this.id, checkpointId: barrier.checkpointId, snapshot }),
          (error: unknown) => this.#decline(barrier.checkpointId, error),
        )
      })(),
    )
  }

  async #notifyComplete(checkpointId: number): Promise<void> {
    for (const { operator, keyedState } of this.#chain?.members ?? []) {
      keyedState?.notifyCheckpointComplete?.(checkpointId)
      await operator.notifyCheckpointComplete?.(checkpointId)
    }
    this.#reportAfterHeldWork({ kind: 'checkpointNotified', taskId: this.id, checkpointId })
  }

  #decline(checkpointId: number, error: unknown): void {
    if (this.#state === 'closed') return
    this.#environment.report({ kind: 'checkpointDeclined', taskId: this.id, checkpointId, error: MillraceError.toWire(error) })
  }

  #outputsAvailable(): boolean {
    for (const writer of this.#environment.writers.values()) if (!writer.isAvailable) return false
    return true
  }

  #flush(): void {
    for (const writer of this.#environment.writers.values()) writer.flush()
    this.#lastFlushMs = this.#environment.clock.now()
  }

  #flushIfDue(): void {
    if (this.#environment.clock.now() - this.#lastFlushMs >= this.#bufferTimeoutMs) this.#flush()
  }

  #enqueue(action: () => void): void {
    this.#mailbox.push(action)
    this.#environment.wake()
  }

  /** What is being committed is done only when it is committed. */
  #reportAfterHeldWork(event: FromExecutor): void {
    if (!this.#held.isPending) {
      this.#environment.report(event)
      return
    }
    void this.#held.settled().then(() => {
      if (this.#state !== 'failed' && this.#state !== 'closed') this.#reportAfterHeldWork(event)
    })
  }

  #fail(error: unknown): void {
    if (this.#state === 'failed' || this.#state === 'closed') return
    this.#state = 'failed'
    this.#abort.abort()
    const { vertex, deployment } = this.#environment
    const located = MillraceError.wrap(error, 'CORE_TASK_FAILED', `Task "${vertex.name}" failed`, { origin: 'engine' }).located({ operator: vertex.name, subtask: deployment.subtaskIndex })
    this.#environment.report({ kind: 'failed', taskId: this.id, error: MillraceError.toWire(located) })
  }
}

import { MillraceError } from '../../errors.ts'
import { createTaskTime, type TaskTime } from '../../metrics/task-time.ts'
import type { Barrier } from '../checkpoint/barrier.ts'
import type { RecordBatch } from '../network/stream-element.ts'
import type { SourceOperator } from '../operators/source-operator.ts'
import type { FromExecutor, SerializedSplit, TaskDeployment, TaskId } from '../protocol.ts'
import { type ChainMember, closeOperatorChain, createOperatorChain, type OperatorChain } from './operator-chain.ts'
import { ProcessingTimers } from './processing-timers.ts'
import { SourcePoller } from './source-poller.ts'
import { type StatePrefetch, statePrefetch } from './state-prefetch.ts'
import { TaskAgenda } from './task-agenda.ts'
import { TaskCheckpoints } from './task-checkpoints.ts'
import type { TaskEnvironment } from './task-environment.ts'
import { TaskInput } from './task-input.ts'
import { registerTaskMetrics } from './task-metrics.ts'
import { TaskOutput } from './task-output.ts'
import { WatermarkTicks } from './watermark-ticks.ts'

/** How long closing waits for user code that does not heed its signal, before it is left behind. */
const CLOSE_TIMEOUT_MS = 30_000

type TaskState = 'created' | 'initialized' | 'running' | 'finished' | 'failed' | 'closed'

/**
 * One parallel instance of a vertex: an ordered message machine around one operator chain. Whoever hosts it calls `step`
 * while it returns true, and again after each `wake`. It handles one message at a time, and while it awaits something
 * it handles none.
 */
export class Task {
  readonly id: TaskId
  readonly #environment: TaskEnvironment
  readonly #input: TaskInput
  readonly #output: TaskOutput
  readonly #checkpoints: TaskCheckpoints
  readonly #abort = new AbortController()
  readonly #agenda: TaskAgenda
  readonly #timers: ProcessingTimers
  #chain: OperatorChain | undefined
  #prefetch: StatePrefetch | undefined
  #source: SourcePoller | undefined
  #ticks: WatermarkTicks | undefined
  #opened: Promise<void> = Promise.resolve()
  #state: TaskState = 'created'
  readonly #time: TaskTime

  constructor(environment: TaskEnvironment) {
    this.#environment = environment
    this.id = environment.deployment.taskId
    this.#output = new TaskOutput(environment)
    this.#checkpoints = new TaskCheckpoints(environment, this.#output, this.#abort.signal)
    this.#time = createTaskTime(() => environment.clock.now())
    this.#agenda = new TaskAgenda(environment.wake, (error) => this.#fail(error))
    this.#timers = new ProcessingTimers(environment.clock, (operator) => {
      // A time is over when the next millisecond has begun: until then records may still come that belong to it.
      this.#agenda.fire(() => this.#members[operator]?.operator.onProcessingTime?.(environment.clock.now() - 1))
    })
    this.#input = new TaskInput(environment.inputs, {
      records: (input, batch) => this.#processBatch(input, batch),
      watermark: (timestamp) => this.#head.processWatermark(timestamp),
      status: (idle) => this.#head.processStatus(idle),
      barrier: (barrier) => this.#agenda.defer(() => this.#performCheckpoint(barrier)),
      checkpointAborted: (checkpointId) => this.#checkpoints.decline(checkpointId, new MillraceError('CKPT_OVERTAKEN', `Checkpoint ${checkpointId} was overtaken by a newer barrier`, { origin: 'engine', retryable: true })),
      inputEnded: (input, drain) => {
        if (drain && !this.#restoredFinished) this.#agenda.defer(() => this.#head.endInput?.(input))
      },
      ended: (drain) => this.#agenda.defer(() => this.#finish(drain)),
      defer: (action) => this.#agenda.defer(action),
      now: () => environment.clock.now(),
    })
    for (const { channel } of environment.inputs) channel.onData = () => environment.wake()
  }

  get deployment(): TaskDeployment {
    return this.#environment.deployment
  }

  /** None before the task is open. */
  get #members(): readonly ChainMember[] {
    return this.#chain?.members ?? []
  }

  get #head(): ChainMember['operator'] {
    return (this.#members[0] as ChainMember).operator
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
        isAvailable: () => this.#output.isAvailable && this.#sinksReady(),
        suspend: (operator) => this.#agenda.suspend(operator, () => this.#members[operator]?.operator.resume?.()),
        await: (work) => this.#agenda.held.add(work),
        enqueue: (action) => this.#agenda.enqueue(action),
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
        isBackPressured: () => this.#agenda.isBackPressured,
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
    if (this.#restoredFinished) this.#agenda.defer(() => this.#endSource(true))
    else {
      this.#source?.startTicking((action) => this.#agenda.enqueue(action))
      this.#ticks?.start((action) => this.#agenda.enqueue(action), () => this.#state === 'running', this.#abort.signal)
    }
    this.#environment.wake()
  }

  /** Does a bounded piece of work; true if there may be more at once. */
  step(): boolean {
    if (this.#agenda.blocked.isPending || (this.#state !== 'running' && this.#state !== 'finished')) return false
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
      if (this.#agenda.isBackPressured || this.#agenda.blocked.isPending || this.#agenda.held.isPending) this.#time.backPressured()
      else this.#time.idle()
    }
  }

  /** Behind the barriers that came before and wait for the output: these splits are in the enumerator's state of their checkpoints. */
  addSplits(splits: readonly SerializedSplit[]): void {
    this.#agenda.enqueue(() => this.#agenda.defer(() => this.#source?.addSplits(splits)))
  }

  alignWatermark(maxWatermark: number): void {
    this.#agenda.enqueue(() => this.#source?.align(maxWatermark))
  }

  noMoreSplits(): void {
    this.#agenda.enqueue(() => this.#agenda.defer(() => this.#source?.noMoreSplits()))
  }

  triggerCheckpoint(barrier: Barrier): void {
    this.#agenda.enqueue(() => this.#agenda.defer(() => this.#performCheckpoint(barrier)))
  }

  drain(): void {
    this.#agenda.enqueue(() => {
      if (this.#source?.stop() === true) this.#agenda.defer(() => this.#endSource(true))
    })
  }

  checkpointComplete(checkpointId: number): void {
    this.#agenda.enqueue(() =>
      this.#agenda.blocked.add(
        this.#checkpoints.complete(this.#members, checkpointId).then(() => this.#reportAfterHeldWork({ kind: 'checkpointNotified', taskId: this.id, checkpointId })),
      ),
    )
  }

  checkpointAborted(checkpointId: number): void {
    this.#agenda.enqueue(() => {
      this.#input.cancelCheckpoint(checkpointId)
      this.#checkpoints.abort(this.#members, checkpointId)
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
    await Promise.allSettled([this.#opened, this.#agenda.settled(), this.#checkpoints.settled()])
    const { logger } = this.#environment
    if (this.#chain !== undefined) await closeOperatorChain(this.#chain, failed, (error) => logger.warn({ task: this.id, error: String(error) }, 'closing an operator failed'))
  }

  #work(): boolean {
    const next = this.#agenda.next(this.#output)
    if (next !== 'input') return next === 'done'
    if (this.#state === 'running' && this.#source !== undefined) return this.#poll(this.#source)
    if (this.#input.processNext()) {
      this.#output.flushIfDue()
      return true
    }
    this.#output.flush()
    return false
  }

  #poll(source: SourcePoller): boolean {
    const result = source.poll()
    this.#ticks?.tick()
    if (result === 'end') {
      this.#agenda.defer(() => this.#endSource(true))
      return true
    }
    if (result === 'more') {
      this.#output.flushIfDue()
      return true
    }
    this.#output.flush()
    source.wakeWhenAvailable(() => this.#environment.wake())
    return false
  }

  #processBatch(input: 0 | 1, batch: RecordBatch): void {
    const loading = this.#prefetch?.(input, batch.values)
    if (loading === undefined) this.#collect(input, batch)
    else this.#agenda.blocked.add(loading.then(() => this.#collect(input, batch)))
  }

  #collect(input: 0 | 1, batch: RecordBatch): void {
    const collect = (this.#chain as OperatorChain).entries[input]
    const { values, timestamps } = batch
    for (let index = 0; index < values.length; index++) collect(values[index], timestamps[index] as number)
    this.#ticks?.tick()
  }

  /** Not while something is awaited: that may be a sink at work for a checkpoint, and its methods are never called concurrently. */
  #awaitReady(): void {
    if (this.#agenda.blocked.isPending) return
    for (const { operator, keyedState } of this.#members) {
      const ready = operator.ready?.() ?? keyedState?.prefetch?.([])
      if (ready !== undefined) this.#agenda.blocked.add(ready)
    }
  }

  /** Chained sinks bound what a long firing hands them: while one of them is full, the task waits and the firing pauses. */
  #sinksReady(): boolean {
    this.#awaitReady()
    return !this.#agenda.blocked.isPending
  }

  #endSource(drain: boolean): void {
    const source = this.#source
    if (source === undefined || source.ended) return
    source.end(drain)
    this.#agenda.defer(() => this.#finish(drain))
  }

  /** All data has been processed: lets the operators emit what is left and passes the end on. */
  #finish(drain: boolean): void {
    this.#agenda.blocked.add(
      (async () => {
        const finishes = drain && !this.#restoredFinished
        for (const [index, { operator }] of this.#members.entries()) {
          if (!finishes) break
          if (index > 0) operator.endInput?.(0)
          await operator.finish?.()
        }
        this.#output.flush()
        this.#output.emitEndOfData(drain)
        this.#state = 'finished'
        this.#reportAfterHeldWork({ kind: 'finished', taskId: this.id })
      })(),
    )
  }

  #performCheckpoint(barrier: Barrier): void {
    this.#agenda.blocked.add(
      this.#checkpoints.perform(this.#members, barrier, () => this.#state === 'finished').then(() => {
        if (barrier.terminal) this.#source?.stop()
      }),
    )
  }

  /** What is being committed is done only when it is committed. */
  #reportAfterHeldWork(event: FromExecutor): void {
    if (!this.#agenda.held.isPending) {
      this.#environment.report(event)
      return
    }
    void this.#agenda.held.settled().then(() => {
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

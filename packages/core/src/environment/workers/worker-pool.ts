import { MillraceError } from '../../errors.ts'
import type { ExecutorEvents, ExecutorPool } from '../../runtime/coordinator/executor-pool.ts'
import type { ExecutorId, FromExecutor, TaskId, ToExecutor } from '../../runtime/protocol.ts'
import type { Clock } from '../../runtime/time/clock.ts'
import type { Logger } from '../../spi/logger.ts'
import { createActivity } from './activity-cell.ts'
import { logForwarded } from './forwarding-logger.ts'
import type { GatheredMetrics } from './gathered-metrics.ts'
import type { RemoteChannels } from './remote-channels.ts'
import { slowStartError } from './slow-start.ts'
import type { StuckWorkers } from './stuck-workers.ts'
import type { WorkerInit } from './worker-init.ts'
import type { FromWorker } from './worker-message.ts'
import { startWorkerThread, type WorkerThread } from './worker-thread.ts'

const CHECK_INTERVAL_MS = 250
/** How long a worker may give no sign of life while it has tasks to close before it is ended: what they would still do is not wanted. */
const CLOSE_LIMIT_MS = 2_000
/** How long a worker may keep its event loop alive after the end of the job. */
const SHUTDOWN_LIMIT_MS = 1_000

export interface WorkerPoolOptions {
  /** Those to start. */
  readonly executors: readonly ExecutorId[]
  readonly init: Omit<WorkerInit, 'executor' | 'activity'>
  /** MiB; undefined: Node's default. */
  readonly heapLimitMb: number | undefined
  /** How long a worker may take to load the job. */
  readonly startLimitMs: number
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: GatheredMetrics
  readonly channels: RemoteChannels
  readonly stuck: StuckWorkers
}

interface PooledWorker {
  readonly thread: WorkerThread
  readonly activity: SharedArrayBuffer
  readonly ready: PromiseWithResolvers<void>
  readonly cancelStartLimit: () => void
  running: boolean
  heardMs: number
  /** In this time of silence. */
  reported: boolean
  /** Tasks that it has been told to close and that are not closed, and since when there are some. */
  readonly closing: Set<TaskId>
  closingMs: number
}

/** The worker threads of one job: starts them, passes messages on, notices those that die or fall silent. */
export class WorkerPool implements ExecutorPool {
  readonly #options: WorkerPoolOptions
  readonly #events: ExecutorEvents
  readonly #workers: Map<ExecutorId, PooledWorker> = new Map()
  readonly #reports: Set<Promise<void>> = new Set()
  #cancelCheck: (() => void) | undefined
  #closed = false
  #loadedBefore = false

  constructor(options: WorkerPoolOptions, events: ExecutorEvents) {
    this.#options = options
    this.#events = events
  }

  async start(): Promise<void> {
    this.#cancelCheck ??= this.#scheduleCheck()
    const workers = this.#options.executors.map((executor) => this.#workers.get(executor) ?? this.#startWorker(executor))
    await Promise.all(workers.map(({ ready }) => ready.promise))
  }

  send(executor: ExecutorId, message: ToExecutor): void {
    const worker = this.#workers.get(executor)
    if (worker?.running !== true) {
      // It was lost with nothing on it, so that nobody took notice; these tasks would be waited for.
      if (message.kind === 'deploy') queueMicrotask(() => this.#events.lost(executor, lostBeforeDeployment()))
      return
    }
    if (message.kind === 'close') {
      if (worker.closing.size === 0) worker.closingMs = this.#options.clock.now()
      for (const taskId of message.taskIds) worker.closing.add(taskId)
    }
    worker.thread.post({ kind: 'message', message, channels: message.kind === 'deploy' ? this.#options.channels.of(executor, message) : [] })
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancelCheck?.()
    const workers = [...this.#workers.values()]
    const limit = this.#options.clock.schedule(SHUTDOWN_LIMIT_MS, () => {
      for (const { thread } of workers) thread.terminate(new MillraceError('CORE_WORKER_EXITED', 'The job has ended', { origin: 'user', retryable: true }))
    })
    for (const { thread } of workers) thread.post({ kind: 'shutdown' })
    await Promise.all(workers.map(({ thread }) => thread.exited))
    await Promise.all(this.#reports)
    limit()
  }

  #startWorker(executor: ExecutorId): PooledWorker {
    const { init, heapLimitMb, startLimitMs, clock } = this.#options
    const activity = createActivity()
    const ready = Promise.withResolvers<void>()
    // Whoever starts the pool awaits it; until then nobody does.
    ready.promise.catch(() => {})
    const thread = startWorkerThread({
      init: { ...init, executor, activity },
      heapLimitMb,
      onMessage: (message) => this.#received(executor, worker, message),
      onExit: (error) => this.#exited(executor, worker, error),
    })
    // If this thread was busy, what the worker has sent meanwhile has its turn first.
    const cancelStartLimit = clock.schedule(startLimitMs, () => clock.immediate(() => this.#tooSlow(executor, worker)))
    const worker: PooledWorker = { thread, activity, ready, cancelStartLimit, running: false, heardMs: clock.now(), reported: false, closing: new Set(), closingMs: 0 }
    this.#workers.set(executor, worker)
    return worker
  }

  #received(executor: ExecutorId, worker: PooledWorker, message: FromWorker): void {
    this.#heard(executor, worker)
    switch (message.kind) {
      case 'ready':
        worker.cancelStartLimit()
        this.#loadedBefore = true
        worker.running = true
        worker.ready.resolve()
        return
      case 'refused':
        worker.cancelStartLimit()
        worker.ready.reject(MillraceError.fromWire(message.error))
        return
      case 'message':
        if (message.message.kind === 'closed') worker.closing.delete(message.message.taskId)
        this.#dispatch(executor, message.message)
        return
    }
  }

  #dispatch(executor: ExecutorId, message: FromExecutor): void {
    if (message.kind === 'heartbeat') this.#options.metrics.update(executor, message.samples)
    else if (message.kind === 'log') logForwarded(this.#options.logger, message)
    else this.#events.received(executor, message)
  }

  #heard(executor: ExecutorId, worker: PooledWorker): void {
    const nowMs = this.#options.clock.now()
    if (worker.reported) this.#options.logger.warn({ worker: executor, silentMs: nowMs - worker.heardMs }, 'the function has returned, and its worker goes on')
    worker.heardMs = nowMs
    worker.reported = false
  }

  #exited(executor: ExecutorId, worker: PooledWorker, error: MillraceError): void {
    if (this.#workers.get(executor) === worker) this.#workers.delete(executor)
    worker.cancelStartLimit()
    worker.ready.reject(worker.running ? error : new MillraceError('CORE_WORKER_START', `A worker thread ended before it was ready: ${error.message}`, { origin: 'user', cause: error }))
    if (worker.running && !this.#closed) {
      this.#options.metrics.lost(executor)
      this.#events.lost(executor, error)
    }
    worker.running = false
  }

  #tooSlow(executor: ExecutorId, worker: PooledWorker): void {
    if (worker.running || this.#workers.get(executor) !== worker) return
    const { thread, ready } = worker
    const ended = slowStartError(thread.threadId, this.#options.startLimitMs, this.#loadedBefore).then((error) => {
      if (worker.running) return
      ready.reject(error)
      thread.terminate(error)
    })
    this.#untilReported(ended)
  }

  #scheduleCheck(): () => void {
    const { clock } = this.#options
    return clock.schedule(CHECK_INTERVAL_MS, () => {
      if (!this.#closed) this.#cancelCheck = this.#scheduleCheck()
      // If this thread was busy, what workers have sent meanwhile has its turn first.
      clock.immediate(() => {
        for (const [executor, worker] of this.#workers) if (worker.running && !this.#closed) this.#check(executor, worker)
      })
    })
  }

  #check(executor: ExecutorId, worker: PooledWorker): void {
    const { clock, stuck, logger } = this.#options
    const silentMs = clock.now() - worker.heardMs
    if (worker.closing.size > 0 && Math.min(silentMs, clock.now() - worker.closingMs) >= CLOSE_LIMIT_MS) {
      logger.warn({ worker: executor, silentMs }, 'a worker does not close its tasks and is ended')
      worker.thread.terminate(new MillraceError('CORE_WORKER_EXITED', `A worker did not close its tasks within ${CLOSE_LIMIT_MS} ms`, { origin: 'user', retryable: true }))
    } else if (silentMs >= stuck.limitMs && !worker.reported) {
      worker.reported = true
      const { thread, activity } = worker
      this.#untilReported(stuck.report({ executor, threadId: thread.threadId, activity, silentMs, terminate: (reason) => thread.terminate(reason) }))
    }
  }

  /** The pool closes after it. */
  #untilReported(work: Promise<void>): void {
    const report = work
      .catch((error: unknown) => this.#options.logger.error({ error: String(error) }, 'looking into a worker that does not answer failed'))
      .finally(() => this.#reports.delete(report))
    this.#reports.add(report)
  }
}

function lostBeforeDeployment(): MillraceError {
  return new MillraceError('CORE_WORKER_EXITED', 'A worker thread ended before tasks were deployed on it', { origin: 'user', retryable: true })
}

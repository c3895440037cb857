import { randomUUID } from 'node:crypto'
import { accumulatorResults } from './accumulator-results.ts'
import { MillraceError } from '../errors.ts'
import type { JobGraph } from '../graph/job-graph.ts'
import type { JobCoordinator, JobOutcome } from '../runtime/coordinator/job-coordinator.ts'
import type { Clock } from '../runtime/time/clock.ts'
import type { CheckpointLease, CheckpointStore } from '../spi/checkpoint-storage.ts'
import type { Logger } from '../spi/logger.ts'
import type { MetricSample } from '../spi/metric-reporter.ts'
import type { JobClient, JobResult } from './job-client.ts'
import { jobStatus } from './job-status.ts'
import { startReporters } from './metric-reporting.ts'
import type { RunOptions } from './run-options.ts'
import { diagnoseWatermarks } from './watermark-doctor.ts'

/** How often the fencing lease is renewed; its holder counts as dead after several of these. */
const LEASE_RENEWAL_MS = 5_000

export interface LocalJob {
  readonly jobGraph: JobGraph
  readonly coordinator: JobCoordinator
  /** What all metrics read now, here and in worker threads. */
  readonly metrics: () => readonly MetricSample[]
  readonly store: CheckpointStore | undefined
  readonly clock: Clock
  readonly logger: Logger
  readonly options: RunOptions
  /** Called when the job has ended. */
  readonly removeTemporary: () => Promise<void>
}

/** Takes the lease, lets the coordinator run, and hands out the client; afterwards everything opened here is closed. */
export async function createJobClient(job: LocalJob): Promise<JobClient> {
  const { jobGraph, coordinator, metrics, store, clock, logger, options, removeTemporary } = job
  const { jobName } = jobGraph
  const startedMs = clock.now()
  await requireRestorable(store, options.from)
  const lease = await acquireLease(store)
  const stopRenewal = lease === undefined ? () => {} : renewPeriodically(lease, clock, (error) => coordinator.fail(error))
  const stopReporters = startReporters(options.metricReporters ?? [], metrics, clock, logger)
  const cancel = (): void => coordinator.cancel()
  options.signal?.addEventListener('abort', cancel, { once: true })

  const run = async (): Promise<JobResult> => {
    try {
      return resultOf(await coordinator.run())
    } finally {
      options.signal?.removeEventListener('abort', cancel)
      stopRenewal()
      await stopReporters()
      await lease?.release()
      await store?.close()
      await removeTemporary()
    }
  }
  const resultOf = ({ state, savepoint }: JobOutcome): JobResult => {
    const { recordsIn, recordsOut, recordsRejected, recordsLate, numRestarts } = client.status()
    return { state, durationMs: clock.now() - startedMs, recordsIn, recordsOut, recordsRejected, recordsLate, numRestarts, accumulators: client.accumulators(), ...(savepoint === undefined ? {} : { savepoint }) }
  }
  const done = Promise.resolve().then(run)
  // Whoever awaits `done` gets the failure; a client that nobody awaits must not end the process.
  done.catch(() => {})
  if (options.signal?.aborted === true) cancel()

  const client: JobClient = {
    jobName,
    done,
    status: () => jobStatus(jobGraph, coordinator, metrics(), startedMs),
    metrics,
    watermarks: () => diagnoseWatermarks(jobGraph, metrics()),
    async savepoint(directory) {
      const target = directory ?? options.checkpoints?.savepointDirectory
      if (target !== undefined) return coordinator.savepoint(target)
      throw new MillraceError('CKPT_NO_SAVEPOINT_DIRECTORY', 'A savepoint needs a directory: name one, or configure checkpoints.savepointDirectory (--savepoint-dir)', { origin: 'user' })
    },
    accumulators: () => accumulatorResults(client.metrics()),
    async stop({ savepoint = options.checkpoints?.savepointDirectory, drain = false } = {}) {
      coordinator.stop(savepoint, drain)
      return done
    },
    async cancel() {
      coordinator.cancel()
      await done.catch(() => {})
    },
    async [Symbol.asyncDispose]() {
      await client.cancel()
    },
  }
  return client
}

/**
 * Before the lease is taken, which removes half-written checkpoints: one that the user names is refused, and stays for them to look at.
 */
async function requireRestorable(store: CheckpointStore | undefined, from: string | undefined): Promise<void> {
  if (store === undefined || from === undefined || from === 'latest') return
  try {
    await store.readMetadata(from)
  } catch (error) {
    await store.close()
    throw error
  }
}

async function acquireLease(store: CheckpointStore | undefined): Promise<CheckpointLease | undefined> {
  try {
    return await store?.acquireLease(randomUUID())
  } catch (error) {
    await store?.close()
    throw error
  }
}

function renewPeriodically(lease: CheckpointLease, clock: Clock, fail: (error: unknown) => void): () => void {
  let stopped = false
  let cancel = (): void => {}
  const arm = (): void => {
    if (stopped) return
    cancel = clock.schedule(LEASE_RENEWAL_MS, () => {
      lease.renew().then(arm, (error: unknown) => {
        if (!stopped) fail(error)
      })
    })
  }
  arm()
  return () => {
    stopped = true
    cancel()
  }
}

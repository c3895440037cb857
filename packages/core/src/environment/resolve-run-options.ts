import type { StreamGraph } from '../graph/stream-graph.ts'
import { requireUids } from '../graph/validate-graph.ts'
import { fileCheckpointStorage } from '../runtime/checkpoint/storage/file-checkpoint-storage.ts'
import { memoryCheckpointStorage } from '../runtime/checkpoint/storage/memory-checkpoint-storage.ts'
import type { CheckpointSettings } from '../runtime/coordinator/checkpoint-coordinator.ts'
import type { RestartPolicy } from '../runtime/coordinator/restart-backoff.ts'
import type { CheckpointStorage, CheckpointStore } from '../spi/checkpoint-storage.ts'
import type { Logger } from '../spi/logger.ts'
import type { StateBackend } from '../spi/state-backend.ts'
import { durationMs } from '../types/duration-ms.ts'
import type { CheckpointOptions, RestartStrategy, RunOptions } from './run-options.ts'

/** The storage a job's checkpoints go to, or its `from` is read through; undefined when it runs without. */
export function checkpointStorage(options: RunOptions): CheckpointStorage | undefined {
  const path = checkpointPath(options)
  if (path !== undefined) return fileCheckpointStorage(path)
  const storage = options.checkpoints?.storage
  if (typeof storage === 'object') return storage
  return options.checkpoints?.interval === undefined && !restoresOnly(options) ? undefined : memoryCheckpointStorage()
}

/** A job that goes on from a savepoint and takes no checkpoints itself. The newest of a storage needs the storage. */
export function restoresOnly({ checkpoints, from }: RunOptions): boolean {
  return from !== undefined && from !== 'latest' && checkpoints?.storage === undefined && checkpoints?.savepointDirectory === undefined && checkpoints?.interval === undefined
}

/** Of files, where it is they that checkpoints go to. */
export function checkpointPath({ checkpoints }: RunOptions): string | undefined {
  const { storage, savepointDirectory } = checkpoints ?? {}
  // A job that is to take savepoints needs a storage that can write them, even if it takes no checkpoints.
  return storage === undefined ? savepointDirectory : typeof storage === 'string' ? storage : undefined
}

/** Refuses a job whose state could not be found again: durable checkpoints need uids on what is stateful. */
export function requireRecoverable(graph: StreamGraph, storage: CheckpointStorage | undefined): void {
  if (storage?.durable === true) requireUids(graph)
}

/** Whether checkpoints are incremental; logs a warning if they were asked for where they cannot be. */
export function takesIncremental(options: CheckpointOptions | undefined, stateBackend: StateBackend, store: CheckpointStore | undefined, logger: Logger): boolean {
  if (options?.incremental !== true || store === undefined) return false
  const reason = !stateBackend.capabilities.incremental
    ? `the state backend ${stateBackend.name} does not keep track of changes`
    : store.createSharedOutput === undefined
      ? 'the checkpoint storage cannot share state between checkpoints'
      : undefined
  if (reason !== undefined) logger.warn({}, `checkpoints are full, not incremental: ${reason}`)
  return reason === undefined
}

export function checkpointSettings(options: CheckpointOptions, incremental: boolean): CheckpointSettings {
  return {
    incremental,
    intervalMs: options.interval === undefined ? undefined : durationMs(options.interval),
    timeoutMs: durationMs(options.timeout ?? '10min'),
    minPauseMs: durationMs(options.minPause ?? '0ms'),
    tolerableFailures: options.tolerableFailures ?? 0,
    aligned: options.mode !== 'atLeastOnce',
    retained: options.retained ?? 1,
    retainOnCancel: options.retainOnCancel ?? true,
  }
}

/** Defaults are Flink's since 1.19: exponential delay with checkpoints, none without. */
export function restartPolicy(strategy: RestartStrategy | undefined, checkpointing: boolean): RestartPolicy {
  if (strategy === undefined) return checkpointing ? restartPolicy({ kind: 'exponentialDelay' }, true) : { kind: 'none' }
  switch (strategy.kind) {
    case 'none':
      return strategy
    case 'fixedDelay':
      return { kind: 'fixedDelay', attempts: strategy.attempts, delayMs: durationMs(strategy.delay) }
    case 'failureRate':
      return { kind: 'failureRate', maxFailures: strategy.maxFailures, withinMs: durationMs(strategy.within), delayMs: durationMs(strategy.delay) }
    case 'exponentialDelay':
      return {
        kind: 'exponentialDelay',
        initialDelayMs: durationMs(strategy.initialDelay ?? '1s'),
        maxDelayMs: durationMs(strategy.maxDelay ?? '1min'),
        multiplier: strategy.multiplier ?? 1.5,
        jitter: strategy.jitter ?? 0.1,
        resetAfterMs: durationMs(strategy.resetAfter ?? '1h'),
        attempts: strategy.attempts ?? Number.POSITIVE_INFINITY,
      }
  }
}

import type { CachedFile } from '../../functions/cached-file.ts'
import type { ChainedOperator } from '../../graph/job-graph.ts'
import type { CheckpointStore, StateHandle } from '../../spi/checkpoint-storage.ts'
import type { KeyedStateBackend } from '../../spi/keyed-state-backend.ts'
import type { KeyedStateReader } from '../../spi/keyed-state-snapshot.ts'
import type { Counter } from '../../spi/metric-group.ts'
import { computeKeyGroupRangeForOperatorIndex } from '../../types/key-group.ts'
import { filesOf } from '../checkpoint/checkpoint-metadata.ts'
import { readSnapshotFiles } from '../checkpoint/snapshot-file.ts'
import type { OperatorContext, OperatorOutput } from '../operators/stream-operator.ts'
import { createOperatorState, type OperatorState } from '../state/operator-state.ts'
import { cachedFileOf } from '../operators/cached-files.ts'
import type { TaskEnvironment } from './task-environment.ts'

/** What operators ask of their task. */
export interface OperatorHooks {
  readonly signal: AbortSignal
  isAvailable(): boolean
  suspend(operator: number): void
  await(work: Promise<void>): void
  enqueue(action: () => void): void
  scheduleProcessingTime(operator: number, timestamp: number): void
}

const KEYED_KINDS: ReadonlySet<string> = new Set(['keyedProcess', 'keyedCoProcess', 'keyedBroadcastProcess', 'reduce', 'aggregate', 'window', 'intervalJoin'])

export interface OperatorStateParts {
  readonly keyedState: KeyedStateBackend | undefined
  readonly operatorState: OperatorState
}

/** Opens an operator's state backends and fills them from the checkpoint the task starts from. */
export async function openOperatorState(environment: TaskEnvironment, { node, uid }: ChainedOperator): Promise<OperatorStateParts> {
  const { deployment, vertex, settings } = environment
  const restored = deployment.restore?.operators[uid]
  const operatorState = createOperatorState(restored?.operatorState, { uid, logger: environment.logger })
  if (!KEYED_KINDS.has(node.operator.kind)) return { keyedState: undefined, operatorState }
  const keyGroupRange = computeKeyGroupRangeForOperatorIndex(vertex.maxParallelism, vertex.parallelism, deployment.subtaskIndex)
  const open = (pointer: string, handle: StateHandle): ReturnType<CheckpointStore['openState']> => (environment.checkpointStore as CheckpointStore).openState(pointer, handle)
  const chains = await Promise.all((restored?.keyed ?? []).map(({ pointer, ...files }) => Promise.all(filesOf(files).map((handle) => open(pointer, handle)))))
  try {
    const restore: KeyedStateReader[] = await Promise.all(chains.map((files) => readSnapshotFiles(files, keyGroupRange)))
    const keyedState = await environment.stateBackend.open({
      jobName: settings.jobName,
      operatorUid: uid,
      subtaskIndex: deployment.subtaskIndex,
      maxParallelism: vertex.maxParallelism,
      keyGroupRange,
      restore,
      incremental: settings.incrementalCheckpoints === true,
      workingDirectory: `${settings.workingDirectory}/${vertex.id}-${deployment.subtaskIndex}-${deployment.attempt}`,
      fileSystems: environment.fileSystems,
      logger: environment.logger,
      metrics: environment.operatorMetrics(node.name, uid),
      now: () => environment.clock.now(),
    })
    return { keyedState, operatorState }
  } finally {
    await Promise.all(chains.flat().map((file) => file.close()))
  }
}

export function operatorContext(
  environment: TaskEnvironment,
  hooks: OperatorHooks,
  { node, uid }: ChainedOperator,
  index: number,
  parts: OperatorStateParts & { readonly output: OperatorOutput; readonly recordsIn: Counter; readonly recordsOut: Counter; readonly cachedFiles: ReadonlyMap<string, CachedFile> },
): OperatorContext {
  const { deployment, vertex, settings, clock } = environment
  return {
    jobName: settings.jobName,
    uid,
    name: node.name,
    subtaskIndex: deployment.subtaskIndex,
    parallelism: vertex.parallelism,
    maxParallelism: vertex.maxParallelism,
    keyGroupRange: computeKeyGroupRangeForOperatorIndex(vertex.maxParallelism, vertex.parallelism, deployment.subtaskIndex),
    restored: deployment.restore !== undefined,
    firstCheckpointId: (deployment.restore?.checkpointId ?? 0) + 1,
    checkpointingEnabled: settings.checkpointingEnabled,
    ...(settings.checkpointIntervalMs === undefined ? {} : { checkpointIntervalMs: settings.checkpointIntervalMs }),
    signal: hooks.signal,
    output: parts.output,
    ...(parts.keyedState === undefined ? {} : { keyedState: parts.keyedState }),
    operatorState: parts.operatorState,
    fileSystems: environment.fileSystems,
    cachedFile: (name) => cachedFileOf(parts.cachedFiles, name, node.name),
    logger: environment.logger,
    metrics: environment.operatorMetrics(node.name, uid),
    numRecordsIn: parts.recordsIn,
    numRecordsOut: parts.recordsOut,
    now: () => clock.now(),
    sleep: (delayMs) =>
      new Promise((resolve) => {
        const cancel = clock.schedule(delayMs, resolve)
        hooks.signal.addEventListener('abort', () => (cancel(), resolve()), { once: true })
      }),
    scheduleProcessingTime: (timestamp) => hooks.scheduleProcessingTime(index, timestamp),
    suspend: () => hooks.suspend(index),
    await: hooks.await,
    enqueue: hooks.enqueue,
  }
}

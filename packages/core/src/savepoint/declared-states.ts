import type { ChainedOperator, JobGraph, JobVertex } from '../graph/job-graph.ts'
import { CachedFiles, cachedFileOf } from '../runtime/operators/cached-files.ts'
import { createOperator } from '../runtime/operators/create-operator.ts'
import type { OperatorContext, OperatorOutput } from '../runtime/operators/stream-operator.ts'
import { createOperatorState } from '../runtime/state/operator-state.ts'
import { redistributeOperatorState } from '../runtime/state/redistribute-operator-state.ts'
import type { KeyedStateReader, StateMeta } from '../spi/keyed-state-snapshot.ts'
import { createFileSystems } from '../file-system/file-systems.ts'
import type { SavepointOperator } from './open-savepoint.ts'
import { openScratchBackend, unheardLogger, unreadMetrics } from './scratch-backend.ts'

/** Of these, opening does nothing but declare state: sources, sinks and requests reach out. */
const OPENED: ReadonlySet<string> = new Set([
  ...['process', 'keyedProcess', 'coProcess', 'keyedCoProcess', 'broadcastProcess', 'keyedBroadcastProcess'],
  ...['reduce', 'aggregate', 'window', 'intervalJoin'],
])

export interface DeclaredStates {
  readonly keyed: readonly StateMeta[]
  /** Names of operator states in the savepoint that the operator did not ask for. */
  readonly unclaimedOperatorStates: readonly string[]
}

const NO_OUTPUT: OperatorOutput = { collect() {}, collectSide() {}, hasSide: () => false, emitWatermark() {}, emitStatus() {}, isAvailable: () => true }

/**
 * The states that an operator of the job declares when it opens, which is what is done here: on one subtask, over the state in
 * the savepoint without its keyed entries. Rejects with STATE_INCOMPATIBLE for what it cannot read. Undefined for an operator
 * that is not opened.
 */
export async function declaredStates(graph: Pick<JobGraph, 'cachedFiles'>, vertex: JobVertex, { node, uid }: ChainedOperator, saved: SavepointOperator | undefined): Promise<DeclaredStates | undefined> {
  if (!OPENED.has(node.operator.kind)) return undefined
  const { maxParallelism } = vertex
  const keyGroupRange = { start: 0, end: maxParallelism - 1 }
  const restore: KeyedStateReader[] = []
  if (saved !== undefined) {
    for await (const { states } of saved.files.open()) restore.push({ states, keyGroups: keyGroupRange, read: () => Promise.resolve(new Uint8Array()) })
  }
  const fileSystems = createFileSystems()
  const cachedFiles = await new CachedFiles(graph.cachedFiles ?? [], fileSystems).load()
  const backend = await openScratchBackend({ uid, maxParallelism, keyGroupRange, restore, fileSystems, now: () => 0 })
  const [operatorBytes] = redistributeOperatorState((saved?.metadata.subtasks ?? []).map(({ operatorState }) => operatorState), 1)
  const operatorState = createOperatorState(operatorBytes, { uid, logger: unheardLogger })
  const abort = new AbortController()
  const context: OperatorContext = {
    ...{ jobName: 'savepoint', uid, name: node.name, subtaskIndex: 0, parallelism: 1, maxParallelism, keyGroupRange, fileSystems, operatorState },
    ...{ restored: saved !== undefined, firstCheckpointId: 1, checkpointingEnabled: true, signal: abort.signal, output: NO_OUTPUT, keyedState: backend },
    ...{ logger: unheardLogger, metrics: unreadMetrics, numRecordsIn: { value: 0 }, numRecordsOut: { value: 0 } },
    cachedFile: (name) => cachedFileOf(cachedFiles, name, node.name),
    now: () => 0,
    sleep: () => Promise.resolve(),
    scheduleProcessingTime() {},
    suspend() {},
    await() {},
    enqueue() {},
  }
  const operator = createOperator(node, context)
  try {
    await operator.open?.()
    return { keyed: backend.snapshot(1).states, unclaimedOperatorStates: operatorState.unclaimedStates() }
  } finally {
    abort.abort()
    await operator.close?.(true)
    await backend.close()
  }
}

import { createFileSystems } from '../file-system/file-systems.ts'
import { MillraceError } from '../errors.ts'
import type { OperatorSpec } from '../graph/operator-spec.ts'
import type { KeySelector } from '../graph/partitioning.ts'
import type { StreamNode } from '../graph/stream-graph.ts'
import type { BadRecordPolicy } from '../spi/bad-record.ts'
import { createMetricRegistry } from '../metrics/metric-registry.ts'
import type { MetricSample } from '../spi/metric-reporter.ts'
import type { StateBackend } from '../spi/state-backend.ts'
import type { Logger } from '../spi/logger.ts'
import { computeKeyGroupRangeForOperatorIndex } from '../types/key-group.ts'
import { cachedFileOf } from '../runtime/operators/cached-files.ts'
import { createOperator } from '../runtime/operators/create-operator.ts'
import type { OperatorContext, StreamOperator } from '../runtime/operators/stream-operator.ts'
import { heapStateBackend } from '../runtime/state/heap/heap-state-backend.ts'
import { createOperatorState } from '../runtime/state/operator-state.ts'
import { redistributeOperatorState } from '../runtime/state/redistribute-operator-state.ts'
import { HarnessOutput, type HarnessEvent } from './harness-output.ts'
import { canonicalEntries, keyedReader, readKeyed, type HarnessSnapshot } from './harness-snapshot.ts'

export interface HarnessOptions {
  /** Of the first and second input; null for an input without keys. */
  readonly keys?: readonly (KeySelector | null)[]
  readonly onError?: BadRecordPolicy
  readonly subtaskIndex?: number
  readonly parallelism?: number
  readonly maxParallelism?: number
  /** Snapshots of all subtasks of an earlier instance, at whatever parallelism. */
  readonly restore?: readonly HarnessSnapshot[]
  readonly checkpointingEnabled?: boolean
  readonly stateBackend?: StateBackend
  /** Processing time to begin with, epoch ms. Default 0. */
  readonly now?: number
  /** Full every other time it is asked, which is then after every row. */
  readonly hostileOutput?: boolean
  /** Suspended work waits until `resume` or the end instead of going on before the next message. */
  readonly lazyResume?: boolean
  /** Texts by the name under which functions ask for them. */
  readonly cachedFiles?: Readonly<Record<string, string>>
  /** Side outputs that nobody reads. */
  readonly unreadSides?: readonly string[]
}

/** One operator in one subtask, driven by hand in virtual time over a real state backend. */
export interface OperatorHarness {
  readonly operator: StreamOperator
  readonly context: OperatorContext
  /** Everything emitted so far. */
  readonly output: readonly HarnessEvent[]
  /** Values of the main output so far. */
  records(): readonly unknown[]
  /** Values of a side output so far. */
  side(tag: string): readonly unknown[]
  /** Watermarks so far. */
  watermarks(): readonly number[]
  element(value: unknown, timestamp: number, input?: 0 | 1): void
  watermark(timestamp: number): void
  status(idle: boolean): void
  /** Moves processing time on, firing what is due on the way. */
  advanceTo(now: number): void
  endInput(input?: 0 | 1): void
  finish(): Promise<void>
  /** Goes on with suspended work to its end. Throws CORE_TEST_STUCK when the operator makes no progress. */
  resume(): void
  snapshot(checkpointId?: number): Promise<HarnessSnapshot>
  complete(checkpointId: number): Promise<void>
  /** Resolves when all work the operator handed over with `context.await` has; moves processing time as far as that needs. */
  settle(): Promise<void>
  /**
   * Runs `action` between the cut of a snapshot and its reading. Throws CORE_TEST_STATE_MUTATED if the snapshot then shows
   * what the action did: state was changed without the state API.
   */
  checked(action: () => void): void
  /** A counter or gauge, added up over its labels; 0 if there is none. */
  counter(name: string): number
  metrics(): readonly MetricSample[]
  readonly warnings: readonly string[]
  entryCount(): number
  close(failed?: boolean): Promise<void>
}

const MAX_RESUMES = 100_000

export function nodeOf(operator: OperatorSpec, options: Pick<HarnessOptions, 'keys' | 'onError'> = {}): StreamNode {
  const { keys = [null], onError } = options
  return { id: 0, uid: 'operator', name: operator.kind, operator, keys, chaining: 'always', stateful: true, ...(onError === undefined ? {} : { onError }) }
}

export async function createOperatorHarness(operator: OperatorSpec, options: HarnessOptions = {}): Promise<OperatorHarness> {
  const node = nodeOf(operator, options)
  const { subtaskIndex = 0, parallelism = 1, maxParallelism = 128, restore = [], hostileOutput = false, lazyResume = false } = options
  const keyGroupRange = computeKeyGroupRangeForOperatorIndex(maxParallelism, parallelism, subtaskIndex)
  const abort = new AbortController()
  const output = new HarnessOutput(hostileOutput, options.unreadSides ?? [])
  const registry = createMetricRegistry((_name, _labels, error) => {
    throw error
  })
  const metrics = registry.group({})
  const warnings: string[] = []
  const warn = (_fields: unknown, message: string): void => void warnings.push(message)
  const logger: Logger = { debug: () => {}, info: () => {}, warn, error: warn }
  const fileSystems = createFileSystems()
  const cachedFiles = new Map(Object.entries(options.cachedFiles ?? {}).map(([name, text]) => [name, { name, path: name, bytes: new TextEncoder().encode(text), text: () => text }]))
  let now = options.now ?? 0
  let scheduled = Infinity
  let suspended = false
  let awaited: Promise<void>[] = []
  let closed = false

  const backend = await (options.stateBackend ?? heapStateBackend()).open({
    ...{ jobName: 'test', operatorUid: 'operator', subtaskIndex, maxParallelism, keyGroupRange, fileSystems, logger, metrics },
    restore: restore.filter(({ keyGroupRange: { start, end } }) => start <= keyGroupRange.end && end >= keyGroupRange.start).map(keyedReader),
    workingDirectory: 'unused',
    now: () => now,
  })
  const restoredOperatorState = redistributeOperatorState(restore.map(({ operatorState }) => operatorState), parallelism)[subtaskIndex]
  const operatorState = createOperatorState(restore.length === 0 ? undefined : restoredOperatorState, { uid: 'operator', logger })
  const context: OperatorContext = {
    ...{ jobName: 'test', uid: 'operator', name: node.name, subtaskIndex, parallelism, maxParallelism, keyGroupRange, fileSystems, logger, metrics, output, operatorState },
    restored: restore.length > 0,
    firstCheckpointId: Math.max(0, ...restore.map(({ checkpointId }) => checkpointId)) + 1,
    checkpointingEnabled: options.checkpointingEnabled ?? true,
    signal: abort.signal,
    keyedState: backend,
    numRecordsIn: metrics.counter('numRecordsIn'),
    numRecordsOut: metrics.counter('numRecordsOut'),
    ...(hostileOutput ? { workSlice: 1 } : {}),
    cachedFile: (name) => cachedFileOf(cachedFiles, name, node.name),
    now: () => now,
    async sleep(delayMs) {
      now += delayMs
    },
    scheduleProcessingTime(timestamp) {
      scheduled = Math.min(scheduled, timestamp)
    },
    suspend() {
      suspended = true
    },
    await(work) {
      awaited.push(work)
    },
    // as in a task, never in the middle of a message or a snapshot that awaits something
    enqueue: (action) => setImmediate(() => (closed ? undefined : action())),
  }
  const instance = createOperator(node, context)
  await instance.open?.()

  const resume = (): void => {
    for (let count = 0; suspended; count++) {
      if (count === MAX_RESUMES) throw new MillraceError('CORE_TEST_STUCK', `operator was resumed ${count} times and still suspends`, { origin: 'engine' })
      suspended = false
      instance.resume?.()
    }
  }
  const message = (action: () => void): void => {
    action()
    if (!lazyResume) resume()
  }
  const fireScheduled = (): void => {
    now = Math.max(now, scheduled)
    scheduled = Infinity
    message(() => instance.onProcessingTime?.(now))
  }
  const harness: OperatorHarness = {
    operator: instance,
    context,
    output: output.events,
    records: () => output.events.flatMap((event) => (event.kind === 'record' ? [event.value] : [])),
    side: (tag) => output.events.flatMap((event) => (event.kind === 'side' && event.tag === tag ? [event.value] : [])),
    watermarks: () => output.events.flatMap((event) => (event.kind === 'watermark' ? [event.timestamp] : [])),
    element(value, timestamp, input = 0) {
      context.numRecordsIn.value++
      message(() => (input === 0 ? instance.processElement(value, timestamp) : instance.processElement2?.(value, timestamp)))
    },
    watermark: (timestamp) => message(() => instance.processWatermark(timestamp)),
    status: (idle) => message(() => instance.processStatus(idle)),
    advanceTo(to) {
      while (scheduled <= to) fireScheduled()
      now = Math.max(now, to)
    },
    endInput: (input = 0) => message(() => instance.endInput?.(input)),
    async finish() {
      resume()
      await instance.finish?.()
      await harness.settle()
    },
    resume,
    async snapshot(checkpointId = 1) {
      await instance.prepareSnapshot?.(checkpointId)
      await instance.snapshot?.(checkpointId)
      const keyed = backend.snapshot(checkpointId)
      return { checkpointId, keyGroupRange, states: keyed.states, keyed: readKeyed(keyed), operatorState: operatorState.snapshot() }
    },
    async complete(checkpointId) {
      backend.notifyCheckpointComplete?.(checkpointId)
      await instance.notifyCheckpointComplete?.(checkpointId)
      await harness.settle()
    },
    async settle() {
      const work = Promise.all(awaited)
      let settled = awaited.length === 0
      awaited = []
      const end = (): void => {
        settled = true
      }
      work.then(end, end)
      for (let turn = 0; !settled; turn++) {
        await new Promise<void>((resolve) => setImmediate(resolve))
        if (!settled && scheduled < Infinity) fireScheduled()
        if (turn === MAX_RESUMES) throw new MillraceError('CORE_TEST_STUCK', 'work handed to the task does not settle', { origin: 'engine' })
      }
      await work
    },
    checked(action) {
      const before = canonicalEntries(readKeyed(backend.snapshot(0)))
      const cut = backend.snapshot(0)
      action()
      const after = canonicalEntries(readKeyed(cut))
      if (before.join() !== after.join()) {
        throw new MillraceError('CORE_TEST_STATE_MUTATED', 'state was changed in place without getForUpdate: a snapshot taken before shows it', { origin: 'engine' })
      }
    },
    counter: (name) => registry.collect().reduce((sum, sample) => (sample.name === name ? sum + sample.value : sum), 0),
    metrics: () => registry.collect(),
    warnings,
    entryCount: () => backend.entryCount(),
    async close(failed = false) {
      if (closed) return
      closed = true
      abort.abort()
      await instance.close?.(failed)
      await backend.close()
    },
  }
  return harness
}

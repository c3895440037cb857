import type { JobGraph } from '../graph/job-graph.ts'
import type { OperatorSpec } from '../graph/operator-spec.ts'
import { planSlots } from '../graph/slots.ts'

/** How a job is spread over worker threads, for people to read. */
export interface ThreadAdvice {
  readonly slots: number
  readonly workers: number
  /** The slots of each worker, such as `0–1`. */
  readonly slotsOfWorkers: readonly string[]
  /** Least work per record that the plan shows, in microseconds: functions of the job count for nothing. */
  readonly knownWorkMicros: number
  /** What to expect; null where nothing speaks against threads. */
  readonly advice: string | null
}

/** The threads of one source or sink with `ioThread`. */
export interface IoThreads {
  readonly vertex: number
  readonly name: string
  readonly threads: number
}

/** Work per record from which two threads are faster than one, in microseconds; measured, see docs/benchmarks.md. */
const BREAK_EVEN_MICROS = 0.3

/** What an operator costs per record at least, in microseconds, measured on one core with small rows. */
const LEAST_MICROS: Readonly<Record<OperatorSpec['kind'], number>> = {
  source: 0.01,
  timestamps: 0.01,
  map: 0.01,
  filter: 0.01,
  flatMap: 0.01,
  process: 0.02,
  coProcess: 0.02,
  broadcastProcess: 0.02,
  keyedProcess: 0.1,
  keyedCoProcess: 0.1,
  keyedBroadcastProcess: 0.1,
  reduce: 0.1,
  aggregate: 0.1,
  window: 0.15,
  intervalJoin: 0.3,
  asyncMap: 0.3,
  combine: 0.1,
  sink: 0.02,
}
/** Sources and sinks that decode or encode do far more. */
const GENERATED: ReadonlySet<string> = new Set(['sequence', 'collection', 'scripted'])
const PRINTED: ReadonlySet<string> = new Set(['print', 'collecting', 'discard'])
const CODEC_MICROS = 0.3

/** Undefined where there are no threads. */
export function threadAdvice(graph: JobGraph, requestedWorkers: number): ThreadAdvice | undefined {
  const { slots, slotExecutors, executorOfSlot } = planSlots(graph, requestedWorkers)
  if (requestedWorkers <= 1) return undefined
  const bySlot = Array.from({ length: slots }, (_, slot) => executorOfSlot(slot))
  const slotsOfWorkers = Array.from({ length: slotExecutors }, (_, worker) => range(bySlot.indexOf(worker), bySlot.lastIndexOf(worker)))
  const knownWorkMicros = graph.vertices.flatMap(({ operators }) => operators).reduce((sum, { node }) => sum + leastWork(node.operator), 0)
  const shared = { slots, workers: slotExecutors, slotsOfWorkers, knownWorkMicros: Math.round(knownWorkMicros * 100) / 100 }
  if (slotExecutors === 1) return { ...shared, advice: `with parallelism 1 there is one slot, so that no thread is started; raise the parallelism to use ${requestedWorkers} workers` }
  if (knownWorkMicros >= BREAK_EVEN_MICROS) return { ...shared, advice: null }
  const known = `about ${shared.knownWorkMicros} µs of work per record is known in this plan, and threads pay from ${BREAK_EVEN_MICROS} µs`
  return { ...shared, advice: `${known}, because handing a record to another one costs about 0.12 µs: unless the functions of the job do more, it is faster without workers` }
}

/** Of all vertices that have some. */
export function ioThreadsOf(graph: JobGraph, requestedWorkers: number): readonly IoThreads[] {
  const { executorOf } = planSlots(graph, requestedWorkers)
  return graph.vertices
    .filter(({ ioThread }) => ioThread === true)
    .map((vertex) => ({ vertex: vertex.id, name: vertex.name, threads: new Set(Array.from({ length: vertex.parallelism }, (_, subtask) => executorOf(vertex, subtask))).size }))
}

function leastWork(operator: OperatorSpec): number {
  if (operator.kind === 'source' && !GENERATED.has(operator.source.name)) return CODEC_MICROS
  if (operator.kind === 'sink' && !PRINTED.has(operator.sink.name)) return CODEC_MICROS
  return LEAST_MICROS[operator.kind]
}

function range(first: number, last: number): string {
  return first === last ? String(first) : `${first}–${last}`
}

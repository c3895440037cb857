import type { JobEdge, JobGraph, JobVertex } from '../graph/job-graph.ts'
import { MAX_WATERMARK, MIN_WATERMARK } from '../runtime/time/timestamps.ts'
import { WATERMARK_STATES } from '../runtime/time/watermark-states.ts'
import type { MetricSample } from '../spi/metric-reporter.ts'
import type { EdgeWatermark, SplitWatermarkStatus, WatermarkCause, WatermarkPlace, WatermarkStatus } from './watermark-status.ts'

/**
 * Finds out what holds event time back, from the metrics alone: follows the slowest input from each end of the job up to
 * where its watermarks are made.
 */
export function diagnoseWatermarks(graph: JobGraph, samples: readonly MetricSample[]): WatermarkStatus {
  const splits = splitsOf(graph, samples)
  const edges = edgesOf(graph, samples)
  const ends = graph.vertices.filter(({ id }) => !graph.edges.some((edge) => edge.sourceVertex === id))
  const causes = new Map<string, WatermarkCause>()
  for (const vertex of ends) {
    const cause = causeOf({ graph, splits, edges }, vertex, undefined)
    if (cause !== undefined) causes.set(JSON.stringify([cause.operator, cause.subtask, cause.split]), cause)
  }
  return { causes: [...causes.values()], edges: inOrder(edges, ({ edge }) => edge), splits: inOrder(splits, ({ uid }) => graphOrder(graph, uid)) }
}

/** By place in the job, then by subtask; splits of a subtask as they are. */
function inOrder<P extends { readonly subtask: number }>(places: readonly P[], placeOf: (place: P) => number): readonly P[] {
  return places.toSorted((a, b) => placeOf(a) - placeOf(b) || a.subtask - b.subtask)
}

function graphOrder(graph: JobGraph, uid: string): number {
  return graph.vertices.findIndex(({ operators }) => operators.some((operator) => operator.uid === uid))
}

interface Known {
  readonly graph: JobGraph
  readonly splits: readonly SplitWatermarkStatus[]
  readonly edges: readonly EdgeWatermark[]
}

/** `subtask` undefined: whichever is furthest behind. */
function causeOf(known: Known, vertex: JobVertex, subtask: number | undefined): WatermarkCause | undefined {
  const maker = vertex.operators.findLast(({ node: { operator } }) => operator.kind === 'source' || operator.kind === 'timestamps')
  const inSubtask = (place: { readonly subtask: number }): boolean => subtask === undefined || place.subtask === subtask
  if (maker !== undefined) return slowest(known.splits.filter((other) => other.uid === maker.uid && inSubtask(other)))
  const edge = slowest(known.edges.filter((other) => (known.graph.edges[other.edge] as JobEdge).targetVertex === vertex.id && inSubtask(other)))
  if (edge === undefined || edge.heldBy === undefined) return undefined
  return causeOf(known, known.graph.vertices[(known.graph.edges[edge.edge] as JobEdge).sourceVertex] as JobVertex, edge.heldBy)
}

/** What is idle or has ended holds nobody back, unless there is nothing else. */
function slowest<P extends WatermarkPlace>(places: readonly P[]): P | undefined {
  const open = places.filter(({ watermark }) => watermark !== MAX_WATERMARK)
  const active = open.filter(({ state }) => state !== 'idle')
  return (active.length > 0 ? active : open).toSorted((a, b) => (a.watermark ?? MIN_WATERMARK) - (b.watermark ?? MIN_WATERMARK))[0]
}

function splitsOf(graph: JobGraph, samples: readonly MetricSample[]): readonly SplitWatermarkStatus[] {
  const alive = new Set(graph.vertices.flatMap(({ operators }) => operators.map(({ uid }) => uid)))
  return collectPlaces(samples, 'split', ['currentWatermark', 'lastAdvanceTimestamp', 'state']).flatMap(({ labels, values: [watermark, advanced, state] }) => {
    const { uid = '', operator = '', subtask = '0', split = '' } = labels
    return alive.has(uid) ? [{ uid, operator, subtask: Number(subtask), split, ...placeOf(watermark, advanced, state) }] : []
  })
}

function edgesOf(graph: JobGraph, samples: readonly MetricSample[]): readonly EdgeWatermark[] {
  const names = ['currentInputWatermark', 'inputLastAdvanceTimestamp', 'inputState', 'inputHeldBy']
  return collectPlaces(samples, 'edge', names).flatMap(({ labels, values: [watermark, advanced, state, heldBy] }) => {
    const edge = graph.edges[Number(labels['edge'])]
    if (edge === undefined) return []
    const from = graph.vertices[edge.sourceVertex] as JobVertex
    const held = heldBy === undefined || !Number.isFinite(heldBy) ? {} : { heldBy }
    return [{ edge: edge.id, from: from.name, to: labels['operator'] ?? '', subtask: Number(labels['subtask'] ?? '0'), ...placeOf(watermark, advanced, state), ...held }]
  })
}

function placeOf(watermark: number | undefined, advanced: number | undefined, state: number | undefined): WatermarkPlace {
  return {
    state: WATERMARK_STATES[state ?? -1] ?? 'noData',
    ...(watermark === undefined || watermark === MIN_WATERMARK ? {} : { watermark }),
    ...(advanced === undefined || !Number.isFinite(advanced) ? {} : { sinceMs: advanced }),
  }
}

interface Collected {
  readonly labels: Readonly<Record<string, string>>
  /** In the order of the names asked for. */
  readonly values: (number | undefined)[]
}

/** The samples of `watermark.<name>` that have the label, one object for each set of labels. */
function collectPlaces(samples: readonly MetricSample[], label: string, names: readonly string[]): readonly Collected[] {
  const places = new Map<string, Collected>()
  for (const { name, labels, value } of samples) {
    const index = name.startsWith('watermark.') ? names.indexOf(name.slice('watermark.'.length)) : -1
    if (index === -1 || labels[label] === undefined) continue
    const id = JSON.stringify([labels['operator'], labels['uid'], labels['subtask'], labels[label]])
    const place = places.get(id) ?? { labels, values: [] }
    place.values[index] = value
    places.set(id, place)
  }
  return [...places.values()]
}

import { MillraceError } from '../errors.ts'
import { describeKey } from './describe-operator.ts'
import type { OperatorKind } from './operator-spec.ts'
import type { StreamGraph, StreamNode } from './stream-graph.ts'

export interface GraphWarning {
  readonly code: string
  readonly message: string
}

/** Inputs that need a key, by kind of operator. */
const KEYED_INPUTS: Readonly<Partial<Record<OperatorKind, readonly number[]>>> = {
  keyedProcess: [0],
  keyedCoProcess: [0, 1],
  keyedBroadcastProcess: [0],
  reduce: [0],
  aggregate: [0],
  window: [0],
  intervalJoin: [0, 1],
}

/**
 * Checks a graph before it is optimized. Throws CORE_EMPTY_JOB, CORE_DUPLICATE_UID, CORE_INVALID_PARALLELISM (origin user),
 * CORE_INVALID_GRAPH (origin engine: the API cannot produce it). Returns what is worth a log line.
 */
export function validateGraph(graph: StreamGraph): readonly GraphWarning[] {
  if (graph.nodes.length === 0) throw userError('CORE_EMPTY_JOB', `expected job ${graph.jobName} to have operators, found none; add a source and a sink in build`)
  checkUids(graph)
  graph.nodes.forEach(checkNode)
  checkEdges(graph)
  return graph.nodes.flatMap((node) => [...unusedOutput(graph, node), ...windowThatNeverFires(node)])
}

/**
 * For jobs whose state must survive the process: throws CORE_UID_REQUIRED with the names of all operators that keep state
 * but have no uid of their own, since a derived one changes with the structure of the job.
 */
export function requireUids(graph: StreamGraph): void {
  const missing = graph.nodes.filter((node) => node.stateful && node.uid === null).map((node) => `${node.name} (operator ${node.id})`)
  if (missing.length === 0) return
  const message = `expected a uid on every operator with state, because this job's state must survive changes to it; found none on ${missing.join(', ')}; add .uid('…') or { uid: '…' } to each`
  throw userError('CORE_UID_REQUIRED', message)
}

function checkUids(graph: StreamGraph): void {
  const owners = new Map<string, StreamNode>()
  for (const node of graph.nodes) {
    if (node.uid === null) continue
    const owner = owners.get(node.uid)
    if (owner !== undefined) {
      throw userError('CORE_DUPLICATE_UID', `expected every uid once, found '${node.uid}' on ${owner.name} (operator ${owner.id}) and on ${node.name} (operator ${node.id}); rename one`)
    }
    owners.set(node.uid, node)
  }
}

function checkNode(node: StreamNode): void {
  const { parallelism, maxParallelism } = node
  if (parallelism !== undefined && maxParallelism !== undefined && parallelism > maxParallelism) {
    throw userError('CORE_INVALID_PARALLELISM', `expected a parallelism of at most maxParallelism (${maxParallelism}) for ${node.name}, found ${parallelism}`)
  }
  for (const input of KEYED_INPUTS[node.operator.kind] ?? []) {
    if ((node.keys[input] ?? null) === null) throw engineError(`expected a key on input ${input} of ${node.operator.kind} operator ${node.id}, found none`)
  }
}

function checkEdges(graph: StreamGraph): void {
  for (const { source, target, input, partitioning } of graph.edges) {
    const node = graph.nodes[target]
    if (node === undefined || source >= target) throw engineError(`expected edges from lower to higher ids, found ${source} → ${target}`)
    const key = node.keys[input] ?? null
    if (key !== null && (partitioning.kind !== 'hash' || describeKey(partitioning.key) !== describeKey(key))) {
      throw engineError(`expected input ${input} of operator ${target} to be partitioned by its key ${describeKey(key)}, found ${partitioning.kind}`)
    }
  }
}

function unusedOutput(graph: StreamGraph, { id, name, operator }: StreamNode): readonly GraphWarning[] {
  if (operator.kind === 'sink' || graph.edges.some((edge) => edge.source === id)) return []
  return [{ code: 'CORE_UNUSED_OUTPUT', message: `nothing reads the output of ${name} (operator ${id}); end the stream in a sink` }]
}

function windowThatNeverFires({ id, name, operator }: StreamNode): readonly GraphWarning[] {
  if (operator.kind !== 'window' || operator.assigner.kind !== 'global' || operator.trigger !== undefined) return []
  return [{ code: 'CORE_WINDOW_NEVER_FIRES', message: `the global window ${name} (operator ${id}) has no trigger and never emits; add .trigger(Triggers.eventTime()) for results at the end of bounded input, or another trigger` }]
}

function userError(code: string, message: string): MillraceError {
  return new MillraceError(code, message, { origin: 'user' })
}

function engineError(message: string): MillraceError {
  return new MillraceError('CORE_INVALID_GRAPH', message, { origin: 'engine' })
}

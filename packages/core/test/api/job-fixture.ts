import type { StreamGraph, StreamNode } from '../../src/graph/stream-graph.ts'
import { draftJob } from '../../src/api/stream-execution-environment.ts'
import type { StreamExecutionEnvironment } from '../../src/api/stream-execution-environment.ts'
import { defineSink } from '../../src/spi/define-sink.ts'
import type { Sink } from '../../src/spi/sink.ts'

/** The graph that a build function describes. */
export function graphOf(build: (env: StreamExecutionEnvironment) => void, name = 'test'): StreamGraph {
  const job = draftJob(name)
  build(job.env)
  return job.build()
}

export function sinkTo<T>(name = 'test', more: Partial<Sink<T>> = {}): Sink<T> {
  return { ...defineSink<T>({ name, createWriter: () => ({ write: () => {}, flush: () => {} }) }), ...more }
}

export const kinds = ({ nodes }: StreamGraph): readonly string[] => nodes.map((node) => node.operator.kind)

/** The node of a kind; there must be one. */
export function nodeOf(graph: StreamGraph, kind: string): StreamNode {
  const node = graph.nodes.find(({ operator }) => operator.kind === kind)
  if (node === undefined) throw new Error(`no ${kind} in ${kinds(graph).join()}`)
  return node
}

import type { ChainLink, ChainedOperator } from '../../graph/job-graph.ts'
import type { RecordWriter } from '../network/record-writer.ts'
import type { StreamOperator } from '../operators/stream-operator.ts'
import type { Counter } from '../../spi/metric-group.ts'
import type { Collector } from './chain-output.ts'

/** What the linker connects: position i of every array belongs to `operators[i]` of the vertex. */
export interface ChainParts {
  readonly definitions: readonly ChainedOperator[]
  readonly operators: readonly StreamOperator[]
  /** Records out of operator i; the counter of records into a chained operator is that of its parent's output. */
  readonly recordsOut: readonly Counter[]
  /** By edge id. */
  readonly writers: ReadonlyMap<number, RecordWriter>
}

/** Builds the function an operator calls for each record of one output. */
export type CollectorFactory = (parts: ChainParts, owner: number, links: readonly ChainLink[], counter: Counter) => Collector

/** The readable reference: one closure per hop. The compiled collector must do exactly this. */
export const closureCollector: CollectorFactory = (parts, _owner, links, counter) => {
  const targets = links.map(({ target }): Collector => {
    if (target.kind === 'edge') {
      const writer = parts.writers.get(target.edge) as RecordWriter
      return (value, timestamp) => writer.collect(value, timestamp)
    }
    const operator = parts.operators[target.index] as StreamOperator
    return (value, timestamp) => operator.processElement(value, timestamp)
  })
  const [only] = targets
  if (targets.length === 1 && only !== undefined) {
    return (value, timestamp) => {
      counter.value++
      only(value, timestamp)
    }
  }
  return (value, timestamp) => {
    counter.value++
    for (const target of targets) target(value, timestamp)
  }
}

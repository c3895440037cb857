import type { StreamNode } from '../../graph/stream-graph.ts'
import { AsyncMapOperator } from './async/async-map-operator.ts'
import { createBroadcastProcessOperator } from './broadcast-process-operator.ts'
import { createCoProcessOperator } from './co-process-operator.ts'
import { createFilterOperator } from './filter-operator.ts'
import { createFlatMapOperator } from './flat-map-operator.ts'
import { createIntervalJoinOperator } from './interval-join-operator.ts'
import { createKeyedBroadcastProcessOperator } from './keyed-broadcast-process-operator.ts'
import { createKeyedCoProcessOperator } from './keyed-co-process-operator.ts'
import { createKeyedProcessOperator } from './keyed-process-operator.ts'
import { createMapOperator } from './map-operator.ts'
import { createProcessOperator } from './process-operator.ts'
import { createAggregateOperator, createReduceOperator } from './rolling-operator.ts'
import { createSinkOperator } from './sink-operator.ts'
import { createSourceOperator } from './source-operator.ts'
import type { OperatorContext, StreamOperator } from './stream-operator.ts'
import { createTimestampsOperator } from './timestamps-operator.ts'
import { CombineOperator } from './window/combine-operator.ts'
import { createWindowOperator } from './window/create-window-operator.ts'

/** The runtime operator of a node for one subtask and attempt. For a source it is a SourceOperator. */
export function createOperator(node: StreamNode, context: OperatorContext): StreamOperator {
  const spec = node.operator
  switch (spec.kind) {
    case 'source':
      return createSourceOperator(node, context, spec)
    case 'timestamps':
      return createTimestampsOperator(node, context, spec.watermarks)
    case 'map':
      return createMapOperator(node, context, spec.map)
    case 'filter':
      return createFilterOperator(node, context, spec.predicate)
    case 'flatMap':
      return createFlatMapOperator(node, context, spec.flatMap)
    case 'process':
      return createProcessOperator(node, context, spec.open)
    case 'keyedProcess':
      return createKeyedProcessOperator(node, context, spec.open)
    case 'coProcess':
      return createCoProcessOperator(node, context, spec.open)
    case 'keyedCoProcess':
      return createKeyedCoProcessOperator(node, context, spec.open)
    case 'broadcastProcess':
      return createBroadcastProcessOperator(node, context, spec.open, spec.broadcastStates)
    case 'keyedBroadcastProcess':
      return createKeyedBroadcastProcessOperator(node, context, spec.open, spec.broadcastStates)
    case 'reduce':
      return createReduceOperator(node, context, spec.reduce, spec.type)
    case 'aggregate':
      return createAggregateOperator(node, context, spec.aggregate, spec.finish)
    case 'window':
      return createWindowOperator(node, context, spec)
    case 'asyncMap':
      return new AsyncMapOperator(node, context, spec)
    case 'intervalJoin':
      return createIntervalJoinOperator(node, context, spec)
    case 'combine':
      return new CombineOperator(node, context, spec.window)
    case 'sink':
      return createSinkOperator(node, context, spec.sink)
  }
}

import type { StreamNode } from '../../graph/stream-graph.ts'
import { UserErrors } from './user-errors.ts'
import type { OperatorContext, StreamOperator } from './stream-operator.ts'
import { forwardsControl } from './forwards-control.ts'

export function createMapOperator(node: StreamNode, context: OperatorContext, map: (value: never) => unknown): StreamOperator {
  const { output } = context
  const errors = new UserErrors(node, context)
  const apply = map as (value: unknown) => unknown
  return {
    ...forwardsControl(output),
    processElement(value, timestamp) {
      let result: unknown
      try {
        result = apply(value)
      } catch (error) {
        errors.handle(error, value, timestamp)
        return
      }
      output.collect(result, timestamp)
    },
  }
}

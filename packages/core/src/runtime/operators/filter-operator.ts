import type { StreamNode } from '../../graph/stream-graph.ts'
import { UserErrors } from './user-errors.ts'
import type { OperatorContext, StreamOperator } from './stream-operator.ts'
import { forwardsControl } from './forwards-control.ts'

export function createFilterOperator(node: StreamNode, context: OperatorContext, predicate: (value: never) => boolean): StreamOperator {
  const { output } = context
  const errors = new UserErrors(node, context)
  const accepts = predicate as (value: unknown) => boolean
  return {
    ...forwardsControl(output),
    processElement(value, timestamp) {
      let accepted: boolean
      try {
        accepted = accepts(value)
      } catch (error) {
        errors.handle(error, value, timestamp)
        return
      }
      if (accepted) output.collect(value, timestamp)
    },
  }
}

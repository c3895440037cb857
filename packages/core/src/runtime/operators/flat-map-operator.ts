import type { StreamNode } from '../../graph/stream-graph.ts'
import { UserErrors } from './user-errors.ts'
import { UserOutput } from './user-output.ts'
import type { OperatorContext, StreamOperator } from './stream-operator.ts'
import { forwardsControl } from './forwards-control.ts'

export function createFlatMapOperator(node: StreamNode, context: OperatorContext, flatMap: (value: never) => Iterable<unknown>): StreamOperator {
  const errors = new UserErrors(node, context)
  const output = new UserOutput(context.output, errors.goesOn)
  const apply = flatMap as (value: unknown) => Iterable<unknown>
  return {
    ...forwardsControl(context.output),
    processElement(value, timestamp) {
      try {
        for (const result of apply(value)) output.collect(result, timestamp)
      } catch (error) {
        output.discard()
        errors.handle(error, value, timestamp)
        return
      }
      output.flush()
    },
  }
}

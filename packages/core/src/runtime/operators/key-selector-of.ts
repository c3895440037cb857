import { MillraceError } from '../../errors.ts'
import type { StreamNode } from '../../graph/stream-graph.ts'
import { compileKeySelector } from '../../graph/compile-key-selector.ts'

/** From a record of one input to its key. */
export function keySelectorOf(node: StreamNode, input: 0 | 1): (value: unknown) => unknown {
  const selector = node.keys[input]
  if (selector !== undefined && selector !== null) return compileKeySelector(selector)
  throw new MillraceError('CORE_NO_KEY', `operator "${node.name}" (${node.operator.kind}) needs a keyed input ${input}; call keyBy before it`, { origin: 'user', at: { operator: node.name } })
}

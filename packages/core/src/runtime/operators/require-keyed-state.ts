import { MillraceError } from '../../errors.ts'
import type { KeyedStateBackend } from '../../spi/keyed-state-backend.ts'
import type { OperatorContext } from './stream-operator.ts'

/** The keyed state of an operator that cannot do without. */
export function requireKeyedState(context: OperatorContext): KeyedStateBackend {
  if (context.keyedState !== undefined) return context.keyedState
  throw new MillraceError('CORE_NO_KEYED_STATE', `operator "${context.name}" needs keyed state, but its context has none`, { origin: 'engine', at: { operator: context.name, uid: context.uid } })
}

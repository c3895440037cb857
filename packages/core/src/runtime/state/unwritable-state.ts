import { describeError, MillraceError } from '../../errors.ts'
import type { StateKey } from '../../spi/keyed-state-backend.ts'
import type { StateMeta } from '../../spi/keyed-state-snapshot.ts'
import { fromStateKey } from '../../types/state-key.ts'

const MAX_KEY_LENGTH = 80

/** What a serializer said of a value, with the state and the key it was found under: the value was stored long before. */
export function unwritableState(error: unknown, meta: StateMeta, key: StateKey): MillraceError {
  const shown = String(fromStateKey(key)).slice(0, MAX_KEY_LENGTH)
  const [code, origin, at] = MillraceError.is(error) ? [error.code, error.origin, error.at] : ['STATE_UNSERIALIZABLE', 'user' as const, {}]
  const message = `The value of ${meta.kind} state '${meta.name}' for key ${shown} cannot be written into a snapshot: ${describeError(error)}`
  return new MillraceError(code, message, { origin, at: { ...at, key: shown }, cause: error })
}

import { MillraceError } from '../../errors.ts'
import type { StateKey } from '../../spi/keyed-state-backend.ts'
import type { Key } from '../../types/key.ts'
import { keyGroupOf } from '../../types/key-group.ts'
import { fromStateKey, toStateKey } from '../../types/state-key.ts'
import { describeRecord } from './describe-record.ts'
import type { OperatorContext } from './stream-operator.ts'

const NO_KEY_GROUP = -1

/** The key that state, timers and user functions refer to: that of the element or timer being processed. */
export class KeyContext {
  stateKey: StateKey = ''
  keyGroup: number = NO_KEY_GROUP
  readonly #context: OperatorContext
  readonly #maxParallelism: number
  readonly #firstKeyGroup: number
  readonly #lastKeyGroup: number

  constructor(context: OperatorContext) {
    this.#context = context
    this.#maxParallelism = context.maxParallelism
    this.#firstKeyGroup = context.keyGroupRange.start
    this.#lastKeyGroup = context.keyGroupRange.end
  }

  /** As user functions see it. Throws CORE_NO_CURRENT_KEY. */
  get key(): Key {
    this.requireKey()
    return fromStateKey(this.stateKey)
  }

  /** What runs next is for no key in particular: opening, a broadcast element, the end of input. */
  clear(): void {
    this.keyGroup = NO_KEY_GROUP
  }

  requireKey(): void {
    if (this.keyGroup !== NO_KEY_GROUP) return
    const message = `operator "${this.#context.name}" has no current key here: key, timers and keyed state belong to keyed elements, timers and forEachKey`
    throw new MillraceError('CORE_NO_CURRENT_KEY', message, { origin: 'user' })
  }

  /** Makes what a key selector returned the current key. Throws CORE_INVALID_KEY, CORE_UNSTABLE_KEY. */
  use(key: unknown, record: unknown): void {
    let stateKey: StateKey
    try {
      stateKey = toStateKey(key as Key)
    } catch (error) {
      throw this.#located(error, record)
    }
    const keyGroup = keyGroupOf(stateKey, this.#maxParallelism)
    if (keyGroup < this.#firstKeyGroup || keyGroup > this.#lastKeyGroup) throw this.#unstable(key, record)
    this.stateKey = stateKey
    this.keyGroup = keyGroup
  }

  /** Makes a key that state or a timer was found under the current one. */
  restore(keyGroup: number, stateKey: StateKey): void {
    this.keyGroup = keyGroup
    this.stateKey = stateKey
  }

  #located(error: unknown, record: unknown): unknown {
    const { name, uid, subtaskIndex } = this.#context
    if (!MillraceError.is(error)) return error
    const at = { operator: name, uid, subtask: subtaskIndex, record: describeRecord(record) }
    return new MillraceError(error.code, `${error.message} (key of operator "${name}", record ${at.record})`, { origin: error.origin, at, cause: error })
  }

  #unstable(key: unknown, record: unknown): MillraceError {
    const { name, uid, subtaskIndex } = this.#context
    const at = { operator: name, uid, subtask: subtaskIndex, key: describeRecord(key), record: describeRecord(record) }
    const message = `The key selector of operator "${name}" gave key ${at.key}, which does not belong to this subtask: it gave another key when the record was sent. Make it depend on the record alone, and never change a record that was emitted`
    return new MillraceError('CORE_UNSTABLE_KEY', message, { origin: 'user', at })
  }
}

import { describeError, MillraceError } from '../../errors.ts'
import { DEAD_LETTER_TAG, type StreamNode } from '../../graph/stream-graph.ts'
import type { BadRecord, BadRecordPolicy } from '../../spi/bad-record.ts'
import type { Counter } from '../../spi/metric-group.ts'
import { describeRecord } from './describe-record.ts'
import { ErrorRatio } from './error-ratio.ts'
import { recordAsJson } from './record-as-json.ts'
import type { OperatorContext } from './stream-operator.ts'

const LOG_EVERY = 1_000

/** Ends the message of a function that threw and stopped the job by it. */
export const USER_FUNCTION_REMEDY = ". Mend the function, or go on without such records with .onError('skip') or .onError({ deadLetter: sink })"

/** Applies a node's `onError` to what its user functions throw. Nothing here runs while they do not. */
export class UserErrors {
  /** The policy lets the operator go on after a failed call, whose traces must then be removed. */
  readonly goesOn: boolean
  readonly #node: StreamNode
  readonly #context: OperatorContext
  readonly #policy: BadRecordPolicy
  readonly #ratio: ErrorRatio | undefined
  #rejected: Counter | undefined

  constructor(node: StreamNode, context: OperatorContext) {
    this.#node = node
    this.#context = context
    this.#policy = node.onError ?? 'fail'
    this.goesOn = this.#policy !== 'fail'
    const max = typeof this.#policy === 'object' ? this.#policy.maxErrorRatio : undefined
    this.#ratio = max === undefined ? undefined : new ErrorRatio(max)
  }

  /**
   * Returns if the failed call is to be forgotten, otherwise throws: CORE_USER_FUNCTION, or what was thrown if it is a
   * MillraceError. `doing` says what the function was called for if not for a record, e.g. `event-time timer 1000`.
   */
  handle(error: unknown, record: unknown, timestamp: number, key?: unknown, doing?: string): void {
    const located = this.#locate(error, record, key, doing)
    // failures of the machinery below the function are not the record's fault
    if (!this.goesOn || located.origin !== 'user') throw located
    this.#count(located)
    const policy = this.#policy
    if (typeof policy === 'object' && 'deadLetter' in policy) this.#context.output.collectSide(DEAD_LETTER_TAG, this.#badRecord(located, record), timestamp)
  }

  #locate(error: unknown, record: unknown, key: unknown, doing: string | undefined): MillraceError {
    const { name, uid, subtaskIndex } = this.#context
    const at = {
      operator: name,
      uid,
      subtask: subtaskIndex,
      ...(key === undefined ? {} : { key: describeRecord(key) }),
      ...(doing === undefined ? { record: describeRecord(record) } : {}),
    }
    if (MillraceError.is(error)) return error.at.operator === undefined ? error.located(at) : error
    const forKey = key === undefined ? '' : ` and key ${at.key}`
    const what = `A function of operator "${name}" (${this.#node.operator.kind}) threw for ${doing ?? `record ${at.record}`}${forKey}`
    const remedy = this.goesOn ? '' : USER_FUNCTION_REMEDY
    return new MillraceError('CORE_USER_FUNCTION', `${what}: ${describeError(error)}${remedy}`, { origin: 'user', at, cause: error })
  }

  #count(error: MillraceError): void {
    this.#rejected ??= this.#context.metrics.counter('numRecordsRejected')
    const rejected = ++this.#rejected.value
    if (rejected % LOG_EVERY === 1) {
      this.#context.logger.warn({ code: error.code, ...error.at, rejected }, `record rejected, as every one whose function throws: ${error.message}`)
    }
    if (this.#ratio?.exceededBy(Math.max(rejected, this.#context.numRecordsIn.value)) !== true) return
    const max = typeof this.#policy === 'object' ? this.#policy.maxErrorRatio : undefined
    const message = `more than ${max} of the last records made a function of operator "${this.#context.name}" throw, the last one with: ${error.message}; mend the function or raise maxErrorRatio`
    throw new MillraceError('CORE_ERROR_RATIO', message, { origin: 'user', at: error.at, cause: error })
  }

  #badRecord(error: MillraceError, record: unknown): BadRecord {
    const { name, subtaskIndex } = this.#context
    const raw = recordAsJson(record)
    return { raw, source: name, partition: String(subtaskIndex), offset: null, line: null, field: error.at.field ?? null, code: error.code, reason: error.message }
  }
}

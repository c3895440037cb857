import { MillraceError } from '../../errors.ts'
import { DEAD_LETTER_TAG } from '../../graph/stream-graph.ts'
import type { BadRecord, BadRecordPolicy } from '../../spi/bad-record.ts'
import type { Counter } from '../../spi/metric-group.ts'
import { ErrorRatio } from './error-ratio.ts'
import type { OperatorContext } from './stream-operator.ts'

const LOG_EVERY = 1_000

/** Applies a source's BadRecordPolicy to the records its reader rejects. */
export class BadRecords {
  readonly #policy: BadRecordPolicy
  readonly #context: OperatorContext
  readonly #rejected: Counter
  readonly #ratio: ErrorRatio | undefined

  constructor(policy: BadRecordPolicy, context: OperatorContext) {
    this.#policy = policy
    this.#context = context
    this.#rejected = context.metrics.counter('numRecordsRejected')
    const max = typeof policy === 'object' ? policy.maxErrorRatio : undefined
    this.#ratio = max === undefined ? undefined : new ErrorRatio(max)
  }

  /** `position`: number of records read so far, this one included. Throws under `fail`, with the record's own code, or CORE_ERROR_RATIO. */
  reject(record: BadRecord, position: number, timestamp: number): void {
    if (this.#policy === 'fail') throw this.#failure(record.code, `${record.reason} (${placeOf(record)}). Mend the input, or set onBadRecord of the source to 'skip' or { deadLetter }`, record)
    const rejected = ++this.#rejected.value
    if (rejected % LOG_EVERY === 1) {
      const { code, source, partition, offset, line, field } = record
      this.#context.logger.warn({ operator: this.#context.name, code, source, partition, offset, line, field, rejected }, `bad record rejected: ${record.reason}`)
    }
    if (this.#ratio?.exceededBy(position) === true && typeof this.#policy === 'object') {
      const message = `more than ${this.#policy.maxErrorRatio} of the last records of source "${this.#context.name}" were bad, the last one: ${record.reason} (${placeOf(record)}); mend the input or raise maxErrorRatio`
      throw this.#failure('CORE_ERROR_RATIO', message, record)
    }
    if (typeof this.#policy === 'object' && 'deadLetter' in this.#policy) this.#context.output.collectSide(DEAD_LETTER_TAG, record, timestamp)
  }

  #failure(code: string, message: string, record: BadRecord): MillraceError {
    const { name, uid, subtaskIndex } = this.#context
    const at = {
      operator: name,
      uid,
      subtask: subtaskIndex,
      file: record.source,
      ...(record.line === null ? {} : { line: record.line }),
      ...(record.offset === null ? {} : { offset: record.offset }),
      ...(record.field === null ? {} : { field: record.field }),
    }
    return new MillraceError(code, message, { origin: 'external', at })
  }
}

function placeOf({ source, partition, line, offset, field }: BadRecord): string {
  const parts = [source]
  if (partition !== null && partition !== source) parts.push(`partition ${partition}`)
  if (line !== null) parts.push(`line ${line}`)
  if (offset !== null) parts.push(`offset ${offset}`)
  if (field !== null) parts.push(`field ${field}`)
  return parts.join(', ')
}

import { MillraceError } from '../../../errors.ts'
import type { WindowSpec } from '../../../graph/operator-spec.ts'
import type { Counter } from '../../../spi/metric-group.ts'
import { NO_TIMESTAMP } from '../../time/timestamps.ts'
import { describeRecord } from '../describe-record.ts'
import type { OperatorContext } from '../stream-operator.ts'
import type { CombinedRow } from '../../../graph/combined-row.ts'

/** Elements that came after all their windows were gone: to the late side output, or counted and dropped. */
export class LateElements {
  readonly #context: OperatorContext
  readonly #tag: string | undefined
  readonly #combined: boolean
  readonly #dropped: Counter

  constructor(spec: Pick<WindowSpec, 'lateTag' | 'combined'>, context: OperatorContext) {
    this.#context = context
    this.#tag = spec.lateTag
    this.#combined = spec.combined === true
    this.#dropped = context.metrics.counter('numLateRecordsDropped')
  }

  reject(value: unknown, timestamp: number): void {
    if (this.#tag !== undefined && this.#context.output.hasSide(this.#tag)) {
      this.#context.output.collectSide(this.#tag, value, timestamp)
      return
    }
    const before = this.#dropped.value
    this.#dropped.value += this.#combined ? (value as CombinedRow).count : 1
    if (before === 0) {
      const message = 'dropping late records: what they belong to is over; read the late side output, widen the watermark bound, or allow windows lateness'
      this.#context.logger.warn({ operator: this.#context.name, uid: this.#context.uid, timestamp, counter: 'numLateRecordsDropped' }, message)
    }
  }
}

/** Throws CORE_NO_TIMESTAMP for what cannot be put into an event-time window. */
export function requireTimestamp(value: unknown, timestamp: number, context: OperatorContext): void {
  if (timestamp > NO_TIMESTAMP && timestamp < Infinity) return
  const { name, uid, subtaskIndex } = context
  const at = { operator: name, uid, subtask: subtaskIndex, record: describeRecord(value) }
  const found = timestamp === NO_TIMESTAMP ? 'none' : String(timestamp)
  const message = `"${name}" works in event time and expected records with a timestamp, found ${found} on ${at.record}; give the source a WatermarkStrategy with a timestamp, or use processing-time windows`
  throw new MillraceError('CORE_NO_TIMESTAMP', message, { origin: 'user', at })
}

import { MillraceError } from '../../../errors.ts'
import type { WindowSpec } from '../../../graph/operator-spec.ts'
import type { Counter } from '../../../spi/metric-group.ts'
import { NO_TIMESTAMP } from '../../time/timestamps.ts'
import { describeRecord } from '../describe-record.ts'
import type { OperatorContext } from '../stream-operator.ts'
import type { CombinedRow } from '../../../graph/combined-row.ts'
import type { SidedRecord } from '../../../graph/sided-record.ts'

/** Elements that came after all their windows were gone: to the late side output, or counted and dropped. */
export class LateElements {
  readonly #context: OperatorContext
  readonly #tag: string | undefined
  readonly #sides: WindowSpec['lateSides']
  readonly #combined: boolean
  readonly #dropped: Counter

  constructor(spec: Pick<WindowSpec, 'lateTag' | 'lateSides' | 'combined'>, context: OperatorContext) {
    this.#context = context
    this.#tag = spec.lateTag
    this.#sides = spec.lateSides
    this.#combined = spec.combined === true
    this.#dropped = context.metrics.counter('numLateRecordsDropped')
  }

  reject(value: unknown, timestamp: number): void {
    if (this.#sides === undefined) {
      if (this.#sendAside(this.#tag, value, timestamp)) return
    } else {
      const { isRight, left, right } = value as SidedRecord
      if (this.#sendAside(isRight ? this.#sides.right : this.#sides.left, isRight ? right : left, timestamp)) return
    }
    const before = this.#dropped.value
    this.#dropped.value += this.#combined ? (value as CombinedRow).count : 1
    if (before === 0) {
      const message = 'dropping late records: what they belong to is over; read the late side output, widen the watermark bound, or allow windows lateness'
      this.#context.logger.warn({ operator: this.#context.name, uid: this.#context.uid, timestamp, counter: 'numLateRecordsDropped' }, message)
    }
  }

  #sendAside(tag: string | undefined, value: unknown, timestamp: number): boolean {
    const { output } = this.#context
    if (tag === undefined || !output.hasSide(tag)) return false
    output.collectSide(tag, value, timestamp)
    return true
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

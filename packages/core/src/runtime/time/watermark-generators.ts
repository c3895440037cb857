import type { WatermarkGenerator, WatermarkOutput, WatermarkStrategy } from '../../functions/watermark-strategy.ts'
import type { JsonValue } from '../../types/json-value.ts'
import { NO_TIMESTAMP } from './timestamps.ts'

/** The generator of a strategy for one split. `none` and `source` never emit on their own. */
export function createWatermarkGenerator(strategy: WatermarkStrategy<never>): WatermarkGenerator<unknown> {
  switch (strategy.kind) {
    case 'monotonous':
    case 'boundedOutOfOrderness':
      return new BoundedOutOfOrderness(strategy.outOfOrdernessMs)
    case 'custom':
      return strategy.generator?.() as WatermarkGenerator<unknown>
    case 'none':
    case 'source':
      return SILENT
  }
}

const SILENT: WatermarkGenerator<unknown> = { onEvent: () => {}, onPeriodicEmit: () => {} }

/** The greatest timestamp seen, less the bound, less one: a record with the greatest timestamp may come again. */
class BoundedOutOfOrderness implements WatermarkGenerator<unknown> {
  readonly #boundMs: number
  #maxTimestamp = NO_TIMESTAMP

  constructor(boundMs: number) {
    this.#boundMs = boundMs
  }

  onEvent(_value: unknown, timestamp: number): void {
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp
  }

  onPeriodicEmit(output: WatermarkOutput): void {
    if (this.#maxTimestamp > NO_TIMESTAMP) output.emitWatermark(this.#maxTimestamp - this.#boundMs - 1)
  }

  snapshotState(): JsonValue {
    return this.#maxTimestamp
  }

  restoreState(state: JsonValue): void {
    if (typeof state === 'number') this.#maxTimestamp = state
  }
}

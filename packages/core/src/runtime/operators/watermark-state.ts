import { long } from '../../types/number-types.ts'
import type { OperatorListState } from '../../functions/process-function.ts'
import { MIN_WATERMARK } from '../time/timestamps.ts'
import type { OperatorContext } from './stream-operator.ts'

/**
 * The operator's watermark as part of its checkpoints, so that a restored window operator knows what it has fired already.
 * With aligned barriers all subtasks have the same one; otherwise the lowest is taken.
 */
export class WatermarkState {
  readonly #list: OperatorListState<number>

  constructor(context: OperatorContext) {
    this.#list = context.operatorState.list('millrace.watermark', long(), 'union')
  }

  restored(): number {
    const watermarks = this.#list.get()
    return watermarks.length === 0 ? MIN_WATERMARK : watermarks.reduce((a, b) => Math.min(a, b))
  }

  snapshot(watermark: number): void {
    this.#list.update([watermark])
  }
}

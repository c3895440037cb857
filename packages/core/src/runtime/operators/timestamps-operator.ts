import type { WatermarkStrategy } from '../../functions/watermark-strategy.ts'
import type { StreamNode } from '../../graph/stream-graph.ts'
import type { OperatorListState } from '../../functions/process-function.ts'
import { json } from '../../types/json-type.ts'
import type { JsonValue } from '../../types/json-value.ts'
import { registerSplitMetrics } from '../time/split-metrics.ts'
import { SplitWatermark } from '../time/split-watermarks.ts'
import { MAX_WATERMARK } from '../time/timestamps.ts'
import { createWatermarkGenerator } from '../time/watermark-generators.ts'
import type { OperatorContext, StreamOperator } from './stream-operator.ts'
import { timestampAssigner } from './timestamp-assigner.ts'
import { UserErrors } from './user-errors.ts'

/** Gives records timestamps, and the stream watermarks, in the middle of a job. */
export interface TimestampsOperator extends StreamOperator {
  /** Every auto-watermark interval. */
  emitPeriodicWatermark(now: number): void
}

/**
 * Watermarks from upstream are ignored but for the one that ends the input. An input without records for the idle timeout
 * (if the strategy has one) is idle: what waits in this task counts as input, so that only a truly silent one is.
 */
export function createTimestampsOperator(node: StreamNode, context: OperatorContext, strategy: WatermarkStrategy<never>): TimestampsOperator {
  const { output } = context
  const errors = new UserErrors(node, context)
  const assign = timestampAssigner(strategy)
  const split = new SplitWatermark('', createWatermarkGenerator(strategy))
  const idleTimeoutMs = strategy.idleTimeoutMs ?? 0
  let state: OperatorListState<JsonValue> | undefined

  const emit = (): void => {
    if (!split.advanced) return
    split.advanced = false
    output.emitWatermark(split.watermark)
  }
  const wake = (): void => {
    const wasIdle = split.idle
    split.wake()
    if (wasIdle) output.emitStatus(false)
  }
  return {
    open() {
      state = context.operatorState.list('watermark-generator', json(), 'split')
      const [restored] = state.get()
      if (restored !== undefined) split.generator.restoreState?.(restored)
      registerSplitMetrics(context.metrics, () => [split], () => context.now(), () => output.isAvailable())
    },
    processElement(value, timestamp) {
      let assigned: number
      try {
        assigned = assign(value, timestamp)
      } catch (error) {
        errors.handle(error, value, timestamp)
        return
      }
      if (split.quietSince !== undefined || split.idle) wake()
      split.seen = true
      output.collect(value, assigned)
      split.generator.onEvent(value, assigned, split)
      emit()
    },
    processWatermark(timestamp) {
      if (timestamp < MAX_WATERMARK) return
      split.emitWatermark(MAX_WATERMARK)
      emit()
    },
    processStatus(idle) {
      if (idle === split.idle) return
      split.idle = idle
      output.emitStatus(idle)
    },
    emitPeriodicWatermark(now) {
      split.generator.onPeriodicEmit(split)
      emit()
      if (split.seen) split.quietSince = undefined
      else split.quietSince ??= now
      split.records ||= split.seen
      split.seen = false
      split.observe(now)
      if (idleTimeoutMs === 0 || split.idle || split.quietSince === undefined || now - split.quietSince < idleTimeoutMs) return
      split.idle = true
      output.emitStatus(true)
    },
    endInput() {
      split.generator.onPeriodicEmit(split)
      emit()
    },
    snapshot() {
      const current = split.generator.snapshotState?.()
      state?.update(current === undefined ? [] : [current])
    },
  }
}

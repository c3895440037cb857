import type { OperatorOutput, StreamOperator } from './stream-operator.ts'

/** What an operator without timers does with watermarks and statuses. */
export function forwardsControl(output: OperatorOutput): Pick<StreamOperator, 'processWatermark' | 'processStatus'> {
  return {
    processWatermark: (timestamp) => output.emitWatermark(timestamp),
    processStatus: (idle) => output.emitStatus(idle),
  }
}

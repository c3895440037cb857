import type { MetricGroup } from '../../spi/metric-group.ts'
import type { ChannelGauges } from './channel.ts'
import type { RemoteInputChannel, RemoteOutputChannel } from './remote-channel.ts'

/** The channels of one task: all that lead to it, and those that cross to or from other threads. */
export interface ShownChannels {
  readonly inputs: readonly ChannelGauges[]
  readonly remoteInputs: readonly RemoteInputChannel[]
  readonly remoteOutputs: readonly RemoteOutputChannel[]
}

/**
 * Makes the channels of one task visible among its metrics, under Flink's names; called once per attempt, before anything is
 * sent. Counters go on where those of the last attempt stopped.
 */
export function registerChannelMetrics(task: MetricGroup, { inputs, remoteInputs, remoteOutputs: outputs }: ShownChannels): void {
  for (const input of remoteInputs) {
    input.numBytesIn = task.counter('numBytesIn')
    input.numBuffersIn = task.counter('numBuffersIn')
  }
  for (const output of outputs) {
    output.numBytesOut = task.counter('numBytesOut')
    output.numBuffersOut = task.counter('numBuffersOut')
  }
  if (inputs.length > 0) {
    task.gauge('inputQueueSize', () => sum(inputs, (input) => input.queuedBytes))
    task.gauge('debloatedBufferSize', () => sum(inputs, (input) => input.limitBytes))
    task.gauge('estimatedTimeToConsumeBuffersMs', () => Math.max(...inputs.map((input) => input.estimatedTimeToConsumeMs)))
  }
  if (outputs.length > 0) task.gauge('outputQueueSize', () => sum(outputs, (output) => output.queuedBytes))
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0)
}

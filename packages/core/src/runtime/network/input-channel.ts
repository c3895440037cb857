import type { ChannelConsumer } from './channel.ts'

/** The consumer's side of a channel: which input of the task it feeds and whether it may be read. */
export interface InputChannel {
  readonly channel: ChannelConsumer
  /** Index among all channels of the task. */
  readonly index: number
  readonly input: 0 | 1
  /** Id of the edge it belongs to. */
  readonly edge: number
  /** Subtask at its other end. */
  readonly producer: number
  /** Waiting for other channels' barriers. */
  blocked: boolean
  ended: boolean
}

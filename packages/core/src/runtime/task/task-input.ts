import { BarrierAligner } from '../checkpoint/barrier-aligner.ts'
import type { Barrier } from '../checkpoint/barrier.ts'
import type { MetricGroup } from '../../spi/metric-group.ts'
import type { InputChannel } from '../network/input-channel.ts'
import { StatusWatermarkValve } from '../network/status-watermark-valve.ts'
import type { RecordBatch } from '../network/stream-element.ts'
import { type ChannelProgress, registerInputMetrics } from './input-metrics.ts'

export interface TaskInputHandler {
  records(input: 0 | 1, batch: RecordBatch): void
  watermark(timestamp: number): void
  status(idle: boolean): void
  barrier(barrier: Barrier): void
  checkpointAborted(checkpointId: number): void
  /** Every channel of one input has ended. */
  inputEnded(input: 0 | 1, drain: boolean): void
  /** Every channel has ended. */
  ended(drain: boolean): void
  /** Runs `action` once everything reported so far has been dealt with. */
  defer(action: () => void): void
  /** Processing time in epoch ms. */
  now(): number
}

/** All input channels of one task: merges their watermarks, aligns their barriers, notices the end of each input. */
export class TaskInput {
  readonly #channels: readonly InputChannel[]
  readonly #handler: TaskInputHandler
  readonly #valve: StatusWatermarkValve
  readonly #aligner: BarrierAligner
  readonly #progress: readonly ChannelProgress[]
  #next = 0

  constructor(channels: readonly InputChannel[], handler: TaskInputHandler) {
    this.#channels = channels
    this.#progress = channels.map(() => ({ advancedMs: handler.now(), records: false }))
    this.#handler = handler
    this.#valve = new StatusWatermarkValve(channels.length, handler.watermark, handler.status)
    this.#aligner = new BarrierAligner(channels.length, {
      complete: handler.barrier,
      abort: handler.checkpointAborted,
      block: (index) => {
        ;(channels[index] as InputChannel).blocked = true
      },
      unblockAll: () => {
        for (const channel of channels) channel.blocked = false
      },
    })
  }

  /** Handles one element of the next readable channel, in turn. False when there is none. */
  processNext(): boolean {
    const count = this.#channels.length
    for (let tried = 0; tried < count; tried++) {
      const channel = this.#channels[this.#next] as InputChannel
      this.#next = this.#next + 1 === count ? 0 : this.#next + 1
      if (channel.blocked) continue
      const element = channel.channel.poll()
      if (element === undefined) continue
      switch (element.kind) {
        case 'records':
          ;(this.#progress[channel.index] as ChannelProgress).records = true
          this.#handler.records(channel.input, element)
          return true
        case 'watermark':
          this.#advanced(channel.index)
          this.#valve.inputWatermark(channel.index, element.timestamp)
          return true
        case 'status':
          this.#valve.inputStatus(channel.index, element.idle)
          return true
        case 'barrier':
          this.#aligner.barrier(channel.index, element.barrier)
          return true
        case 'endOfData':
          this.#end(channel, element.drain)
          return true
      }
    }
    return false
  }

  registerMetrics(metrics: MetricGroup): void {
    registerInputMetrics(metrics, this.#channels, this.#valve.channels, this.#progress, () => this.#handler.now())
  }

  cancelCheckpoint(checkpointId: number): void {
    this.#aligner.cancel(checkpointId)
  }

  #advanced(index: number): void {
    const progress = this.#progress[index] as ChannelProgress
    progress.advancedMs = this.#handler.now()
    progress.records = false
  }

  /**
   * An input that ends while the other goes on is reported before it stops holding the watermark back, so that an operator
   * can still emit in time what it kept for that moment. The last input ends after the final watermark.
   */
  #end(channel: InputChannel, drain: boolean): void {
    channel.ended = true
    const { input, index } = channel
    const inputEnded = this.#channels.every((other) => other.input !== input || other.ended)
    const ended = this.#channels.every((other) => other.ended)
    const release = (): void => this.#valve.inputFinished(index)
    if (drain && (ended || !inputEnded)) release()
    if (inputEnded) this.#handler.inputEnded(input, drain)
    if (drain && inputEnded && !ended) this.#handler.defer(release)
    if (ended) this.#handler.ended(drain)
  }
}

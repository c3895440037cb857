import { BarrierAligner } from '../checkpoint/barrier-aligner.ts'
import type { Barrier } from '../checkpoint/barrier.ts'
import type { InputChannel } from '../network/input-channel.ts'
import { StatusWatermarkValve } from '../network/status-watermark-valve.ts'
import type { RecordBatch } from '../network/stream-element.ts'

export interface TaskInputHandler {
  records(input: 0 | 1, batch: RecordBatch): void
  watermark(timestamp: number): void
  status(idle: boolean): void
  barrier(barrier: Barrier): void
  checkpointAborted(checkpointId: number): void
  /** Every channel of one input has ended, and its last watermark has been handled. */
  inputEnded(input: 0 | 1, drain: boolean): void
  /** Every channel has ended. */
  ended(drain: boolean): void
}

/** All input channels of one task: merges their watermarks, aligns their barriers, notices the end of each input. */
export class TaskInput {
  readonly #channels: readonly InputChannel[]
  readonly #handler: TaskInputHandler
  readonly #valve: StatusWatermarkValve
  readonly #aligner: BarrierAligner
  #next = 0

  constructor(channels: readonly InputChannel[], handler: TaskInputHandler) {
    this.#channels = channels
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

  get hasData(): boolean {
    for (const channel of this.#channels) if (!channel.blocked && !channel.channel.isEmpty) return true
    return false
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
          this.#handler.records(channel.input, element)
          return true
        case 'watermark':
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

  cancelCheckpoint(checkpointId: number): void {
    this.#aligner.cancel(checkpointId)
  }

  #end(channel: InputChannel, drain: boolean): void {
    channel.ended = true
    if (drain) this.#valve.inputFinished(channel.index)
    const { input } = channel
    if (!this.#channels.every((other) => other.input !== input || other.ended)) return
    this.#handler.inputEnded(input, drain)
    if (this.#channels.every((other) => other.ended)) this.#handler.ended(drain)
  }
}

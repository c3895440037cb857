import { MAX_WATERMARK, MIN_WATERMARK } from '../time/timestamps.ts'

export interface ChannelTime {
  watermark: number
  idle: boolean
  finished: boolean
}

/**
 * Merges the watermarks and statuses of all input channels of a task (Flink's StatusWatermarkValve). The result is the
 * minimum over channels that are active and not behind what was already emitted; with no such channel it holds. A finished
 * channel holds nothing back, but only when every channel is finished does the watermark go to the end of time.
 */
export class StatusWatermarkValve {
  readonly #channels: ChannelTime[]
  readonly #onWatermark: (timestamp: number) => void
  readonly #onStatus: (idle: boolean) => void
  #watermark = MIN_WATERMARK
  #idle = false

  constructor(channels: number, onWatermark: (timestamp: number) => void, onStatus: (idle: boolean) => void) {
    this.#channels = Array.from({ length: channels }, () => ({ watermark: MIN_WATERMARK, idle: false, finished: false }))
    this.#onWatermark = onWatermark
    this.#onStatus = onStatus
  }

  /** By channel. */
  get channels(): readonly Readonly<ChannelTime>[] {
    return this.#channels
  }

  get watermark(): number {
    return this.#watermark
  }

  inputWatermark(index: number, timestamp: number): void {
    const channel = this.#channels[index] as ChannelTime
    if (channel.idle || timestamp <= channel.watermark) return
    channel.watermark = timestamp
    this.#advance()
  }

  inputStatus(index: number, idle: boolean): void {
    const channel = this.#channels[index] as ChannelTime
    if (channel.idle === idle || channel.finished) return
    channel.idle = idle
    this.#update()
  }

  /** The channel has ended after draining; when it stops without drain the valve is not told and keeps its watermark. */
  inputFinished(index: number): void {
    const channel = this.#channels[index] as ChannelTime
    channel.finished = true
    this.#update()
  }

  #update(): void {
    const idle = this.#channels.every((channel) => channel.idle || channel.finished) && !this.#channels.every((channel) => channel.finished)
    if (this.#idle && !idle) this.#setIdle(false)
    this.#advance()
    if (!this.#idle && idle) this.#setIdle(true)
  }

  #setIdle(idle: boolean): void {
    this.#idle = idle
    this.#onStatus(idle)
  }

  #advance(): void {
    let minimum = MAX_WATERMARK
    let active = false
    let unfinished = false
    for (const channel of this.#channels) {
      // The end of time announces the end of the channel: it counts once all are there, not while others are only idle.
      if (channel.finished || channel.watermark === MAX_WATERMARK) continue
      unfinished = true
      if (channel.idle || channel.watermark < this.#watermark) continue
      active = true
      if (channel.watermark < minimum) minimum = channel.watermark
    }
    if (unfinished && !active) return
    if (minimum <= this.#watermark) return
    this.#watermark = minimum
    this.#onWatermark(minimum)
  }
}

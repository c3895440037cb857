import type { ChannelProducer } from './channel.ts'
import type { StreamElement } from './stream-element.ts'

/** All channels of a broadcast edge as one: a batch is filled once, and encoded once for all threads that get it. */
export class FanOutChannel implements ChannelProducer {
  readonly #channels: readonly ChannelProducer[]
  #onSpace: () => void = () => {}

  constructor(channels: readonly ChannelProducer[]) {
    this.#channels = channels
  }

  get isAvailable(): boolean {
    for (const channel of this.#channels) if (!channel.isAvailable) return false
    return true
  }

  /** Of the slowest. */
  get batchRows(): number | undefined {
    let rows: number | undefined
    for (const channel of this.#channels) if (channel.batchRows !== undefined && (rows === undefined || channel.batchRows < rows)) rows = channel.batchRows
    return rows
  }

  get onSpace(): () => void {
    return this.#onSpace
  }

  set onSpace(action: () => void) {
    this.#onSpace = action
    for (const channel of this.#channels) channel.onSpace = action
  }

  push(element: StreamElement): void {
    const shared = element.kind === 'records' ? { ...element, isShared: true } : element
    for (const channel of this.#channels) channel.push(shared)
  }
}

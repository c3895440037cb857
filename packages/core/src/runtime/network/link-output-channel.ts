import type { Counter } from '../../spi/metric-group.ts'
import { createDataOutput } from '../../types/byte-data-output.ts'
import type { ChannelMessage } from './channel-message.ts'
import { ASSUMED_ROW_BYTES } from './channel.ts'
import type { ChannelAddress, RemoteOutputChannel, RemoteOutputOptions } from './remote-channel.ts'
import { type RowFrameCodec, rowFrameCodecOf } from './row-frame.ts'
import type { StreamElement } from './stream-element.ts'

export interface LinkOutputOptions extends RemoteOutputOptions {
  /** Puts a message on the link to the process of the consumer, behind all others. */
  readonly send: (message: ChannelMessage) => void
}

/** The producer's end of a channel whose other end shares no memory with it. */
export interface LinkOutputChannel extends RemoteOutputChannel {
  /** The consumer has sent `channelCredit`. */
  granted(bytes: number): void
}

export function openLinkOutput(address: ChannelAddress, options: LinkOutputOptions): LinkOutputChannel {
  return new LinkOutput(address, options)
}

class LinkOutput implements LinkOutputChannel {
  readonly address: ChannelAddress
  onSpace: () => void = () => {}
  numBytesOut: Counter = { value: 0 }
  numBuffersOut: Counter = { value: 0 }
  readonly #send: (message: ChannelMessage) => void
  readonly #codec: RowFrameCodec
  readonly #output = createDataOutput()
  /** Batches without credit. */
  readonly #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #credit = 0
  /** The last grant: half of the limit or more. */
  #grantBytes = 0
  /** Of the last batch. */
  #rowBytes = ASSUMED_ROW_BYTES
  #batches = 0
  #closed = false

  constructor(address: ChannelAddress, { type, send }: LinkOutputOptions) {
    this.address = address
    this.#send = send
    this.#codec = rowFrameCodecOf(type)
  }

  get isAvailable(): boolean {
    return this.#credit > 0
  }

  /** A quarter to a half of what the limit stands for. */
  get batchRows(): number {
    return Math.max(1, Math.floor(this.#grantBytes / 2 / this.#rowBytes))
  }

  get queuedBytes(): number {
    return this.#waitingBytes
  }

  push(element: StreamElement): void {
    if (element.kind !== 'records') {
      this.#send({ kind: 'channelControl', channel: this.address, batchesBefore: this.#batches, element })
      return
    }
    this.#output.reset()
    this.#codec.write(element, this.#output)
    const rows = this.#output.bytes()
    this.#rowBytes = rows.length / element.values.length
    this.#batches++
    this.numBuffersOut.value++
    this.numBytesOut.value += rows.length
    this.#waiting.push(rows)
    this.#waitingBytes += rows.length
    this.#sendWaiting()
  }

  granted(bytes: number): void {
    const wasAvailable = this.isAvailable
    this.#credit += bytes
    this.#grantBytes = bytes
    this.#sendWaiting()
    if (!wasAvailable && this.isAvailable && !this.#closed) this.onSpace()
  }

  close(): void {
    this.#closed = true
  }

  #sendWaiting(): void {
    while (this.#credit > 0) {
      const rows = this.#waiting.shift()
      if (rows === undefined) return
      this.#credit -= rows.length
      this.#waitingBytes -= rows.length
      this.#send({ kind: 'channelRecords', channel: this.address, rows })
    }
  }
}

import type { Counter } from '../../spi/metric-group.ts'
import { createDataInput } from '../../types/byte-data-input.ts'
import { BufferDebloater } from './buffer-debloater.ts'
import type { ChannelMessage } from './channel-message.ts'
import { corruptFrame } from './frame-header.ts'
import type { ChannelAddress, RemoteInputChannel, RemoteInputOptions } from './remote-channel.ts'
import { type RowFrameCodec, rowFrameCodecOf } from './row-frame.ts'
import type { StreamElement } from './stream-element.ts'

type Received = Exclude<ChannelMessage, { readonly kind: 'channelCredit' }>
type Control = Extract<ChannelMessage, { readonly kind: 'channelControl' }>

export interface LinkInputOptions extends RemoteInputOptions {
  /** Most bytes on their way, as of a local channel. */
  readonly limitBytes: number
  /** Puts a message on the link to the process of the producer. */
  readonly send: (message: ChannelMessage) => void
}

/** The consumer's end of a channel whose other end shares no memory with it. */
export interface LinkInputChannel extends RemoteInputChannel {
  /** The producer has sent this. */
  received(message: Received): void
}

/** Grants the first credit at once. */
export function openLinkInput(address: ChannelAddress, options: LinkInputOptions): LinkInputChannel {
  return new LinkInput(address, options)
}

class LinkInput implements LinkInputChannel {
  readonly address: ChannelAddress
  onData: () => void = () => {}
  limitBytes: number
  queuedBytes = 0
  numBytesIn: Counter = { value: 0 }
  numBuffersIn: Counter = { value: 0 }
  readonly #options: LinkInputOptions
  readonly #codec: RowFrameCodec
  readonly #input = createDataInput()
  readonly #debloater: BufferDebloater | undefined
  readonly #batches: Uint8Array[] = []
  readonly #controls: Control[] = []
  #batchesTaken = 0
  /** Granted and not yet read, what is on its way included; below 0 while the producer has overdrawn it. */
  #outstanding = 0
  #foundEmpty = false
  #closed = false

  constructor(address: ChannelAddress, options: LinkInputOptions) {
    const { type, targetLatencyMs, limitBytes } = options
    this.address = address
    this.limitBytes = limitBytes
    this.#options = options
    this.#codec = rowFrameCodecOf(type)
    if (targetLatencyMs !== undefined) {
      this.#debloater = new BufferDebloater(targetLatencyMs, limitBytes)
      this.limitBytes = this.#debloater.limitBytes
    }
    this.#grant()
  }

  get estimatedTimeToConsumeMs(): number {
    const rate = this.#debloater?.bytesPerMs ?? 0
    return rate === 0 ? 0 : this.queuedBytes / rate
  }

  received(message: Received): void {
    if (message.kind === 'channelControl') {
      this.#controls.push(message)
    } else {
      this.#batches.push(message.rows)
      this.queuedBytes += message.rows.length
    }
    if (!this.#foundEmpty || this.#closed) return
    this.#foundEmpty = false
    this.onData()
  }

  poll(): StreamElement | undefined {
    const control = this.#controls[0]
    if (control !== undefined && control.batchesBefore <= this.#batchesTaken) {
      this.#controls.shift()
      if (control.batchesBefore < this.#batchesTaken) throw corruptFrame(this.#batchesTaken, `a control element belongs behind batch ${control.batchesBefore}`)
      return control.element
    }
    const rows = this.#batches.shift()
    if (rows === undefined) {
      this.#foundEmpty = true
      this.#debloater?.idle(this.#options.clock.now())
      return undefined
    }
    return this.#take(rows)
  }

  close(): void {
    this.#closed = true
  }

  #take(rows: Uint8Array): StreamElement {
    this.#batchesTaken++
    this.numBuffersIn.value++
    this.numBytesIn.value += rows.length
    this.queuedBytes -= rows.length
    this.#outstanding -= rows.length
    this.#debloater?.consumed(rows.length, this.#options.clock.now())
    this.limitBytes = this.#debloater?.limitBytes ?? this.limitBytes
    this.#grant()
    try {
      return this.#codec.read(rows, rows.length, this.#input)
    } catch (error) {
      throw corruptFrame(this.#batchesTaken, 'its rows cannot be read', error)
    }
  }

  /** Not for every batch: when half of the limit is free, all that is free. */
  #grant(): void {
    const free = this.limitBytes - this.#outstanding
    if (free < this.limitBytes / 2) return
    this.#outstanding += free
    this.#options.send({ kind: 'channelCredit', channel: this.address, bytes: free })
  }
}

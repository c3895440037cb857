import type { Counter } from '../../spi/metric-group.ts'
import { createDataInput } from '../../types/byte-data-input.ts'
import { BufferDebloater } from './buffer-debloater.ts'
import { type ChannelMemory, consumerMemory, DATA_CELL, LIMIT_WORD, SPACE_CELL, USUAL_CONTROL_BYTES, USUAL_DATA_BYTES } from './channel-memory.ts'
import { type ControlElement, readControlElement } from './control-element.ts'
import { corruptFrame, FRAME_HEADER_BYTES } from './frame-header.ts'
import { FrameConsumer } from './frame-lane.ts'
import type { ChannelAddress, RemoteChannelHandle, RemoteInputChannel, RemoteInputOptions } from './remote-channel.ts'
import { type RowFrameCodec, rowFrameCodecOf } from './row-frame.ts'
import type { RingConsumer } from './spsc-ring.ts'
import type { StreamElement } from './stream-element.ts'
import { WaitCell, wakeCell } from './wait-cell.ts'

/**
 * Opens the consumer's end of a channel in its thread, once per attempt. The thread needs something that keeps its event loop
 * alive: waiting for the other end does not.
 */
export function openRemoteInput(handle: RemoteChannelHandle, options: RemoteInputOptions): RemoteInputChannel {
  return new RingInput(handle, options)
}

interface PositionedControl {
  readonly element: ControlElement
  /** How many data frames come before it. */
  readonly position: number
}

class RingInput implements RemoteInputChannel {
  readonly address: ChannelAddress
  onData: () => void = () => {}
  limitBytes: number
  numBytesIn: Counter = { value: 0 }
  numBuffersIn: Counter = { value: 0 }
  readonly #memory: ChannelMemory<RingConsumer>
  readonly #data: FrameConsumer
  readonly #control: FrameConsumer
  readonly #codec: RowFrameCodec
  readonly #options: RemoteInputOptions
  readonly #input = createDataInput()
  readonly #debloater: BufferDebloater | undefined
  readonly #arrival: WaitCell
  #next: PositionedControl | undefined
  readonly #hasArrived = (): boolean => this.#data.refresh() || (this.#next === undefined ? this.#control.refresh() : this.#next.position <= this.#data.sequence)

  constructor(handle: RemoteChannelHandle, options: RemoteInputOptions) {
    this.address = { edge: handle.edge, producer: handle.producer, consumer: handle.consumer }
    this.#options = options
    this.#memory = consumerMemory(handle.memory)
    this.#data = new FrameConsumer(this.#memory.data, USUAL_DATA_BYTES)
    this.#control = new FrameConsumer(this.#memory.control, USUAL_CONTROL_BYTES)
    this.#codec = rowFrameCodecOf(options.type)
    this.limitBytes = Atomics.load(this.#memory.words, LIMIT_WORD)
    const { targetLatencyMs } = options
    if (targetLatencyMs !== undefined) {
      this.#debloater = new BufferDebloater(targetLatencyMs, this.limitBytes)
      this.#limit(this.#debloater.limitBytes)
    }
    this.#arrival = new WaitCell(this.#memory.words, DATA_CELL, () => this.onData())
  }

  get queuedBytes(): number {
    this.#data.refresh()
    return this.#memory.data.seenBytes
  }

  get estimatedTimeToConsumeMs(): number {
    const rate = this.#debloater?.bytesPerMs ?? 0
    return rate === 0 ? 0 : this.queuedBytes / rate
  }

  poll(): StreamElement | undefined {
    for (;;) {
      const element = this.#take()
      if (element !== undefined) return element
      this.#debloater?.idle(this.#options.clock.now())
      if (this.#arrival.sleep(this.#hasArrived)) return undefined
    }
  }

  close(): void {
    this.#arrival.close()
  }

  #take(): StreamElement | undefined {
    // Data is looked at first: the control elements before a frame that is seen here are then there as well.
    this.#data.refresh()
    const next = (this.#next ??= this.#readControl())
    if (next !== undefined && next.position <= this.#data.sequence) {
      this.#next = undefined
      return next.element
    }
    const length = this.#data.next()
    if (length === undefined) {
      this.#wakeProducer()
      return undefined
    }
    this.#received(length)
    this.numBuffersIn.value++
    try {
      const batch = this.#codec.read(this.#data.bytes, length, this.#input)
      this.#debloat(length)
      this.#wakeProducer()
      return batch
    } catch (error) {
      throw corruptFrame(this.#data.sequence, 'its rows cannot be read', error)
    }
  }

  #readControl(): PositionedControl | undefined {
    this.#control.refresh()
    const length = this.#control.next()
    if (length === undefined) return undefined
    this.#received(length)
    const next = this.#decodeControl(length)
    if (next.position < this.#data.sequence) throw corruptFrame(this.#control.sequence, `it belongs behind data frame ${next.position}, but ${this.#data.sequence} have been read`)
    return next
  }

  #received(length: number): void {
    this.numBytesIn.value += FRAME_HEADER_BYTES + length
  }

  #decodeControl(length: number): PositionedControl {
    const input = this.#input
    input.wrap(this.#control.bytes, 0, length)
    try {
      return { position: input.readVarUint(), element: readControlElement(input) }
    } catch (error) {
      throw corruptFrame(this.#control.sequence, 'its control element cannot be read', error)
    }
  }

  #debloat(bytes: number): void {
    const debloater = this.#debloater
    if (debloater === undefined) return
    debloater.consumed(bytes, this.#options.clock.now())
    if (debloater.limitBytes !== this.limitBytes) this.#limit(debloater.limitBytes)
  }

  #limit(bytes: number): void {
    this.limitBytes = bytes
    Atomics.store(this.#memory.words, LIMIT_WORD, bytes)
  }

  /** Not for every frame: a producer that had to wait shall find room for some. */
  #wakeProducer(): void {
    if (this.#memory.data.seenBytes <= this.limitBytes / 2) wakeCell(this.#memory.words, SPACE_CELL)
  }
}

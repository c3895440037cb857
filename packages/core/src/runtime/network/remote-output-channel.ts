import type { Counter } from '../../spi/metric-group.ts'
import { type ChannelMemory, DATA_CELL, LIMIT_WORD, producerMemory, SPACE_CELL, USUAL_CONTROL_BYTES, USUAL_DATA_BYTES } from './channel-memory.ts'
import { ASSUMED_ROW_BYTES } from './channel.ts'
import { writeControlElement } from './control-element.ts'
import { FrameProducer } from './frame-lane.ts'
import type { ChannelAddress, RemoteChannelHandle, RemoteOutputChannel, RemoteOutputOptions } from './remote-channel.ts'
import { type RowFrameCodec, rowFrameCodecOf } from './row-frame.ts'
import type { RingProducer } from './spsc-ring.ts'
import type { StreamElement } from './stream-element.ts'
import { WaitCell, wakeCell } from './wait-cell.ts'

/**
 * Opens the producer's end of a channel in its thread, once per attempt. The thread needs something that keeps its event loop
 * alive: waiting for the other end does not.
 */
export function openRemoteOutput(handle: RemoteChannelHandle, options: RemoteOutputOptions): RemoteOutputChannel {
  return new RingOutput(handle, options)
}

/**
 * Writes batches into the data lane and everything else into the control lane, each control element with the number of data
 * frames before it. A control element may enter its lane before those frames do; no frame enters before a control element
 * that precedes it, so the consumer can tell the order of all.
 */
class RingOutput implements RemoteOutputChannel {
  readonly address: ChannelAddress
  onSpace: () => void = () => {}
  numBytesOut: Counter = { value: 0 }
  numBuffersOut: Counter = { value: 0 }
  readonly #memory: ChannelMemory<RingProducer>
  readonly #data: FrameProducer
  readonly #control: FrameProducer
  readonly #codec: RowFrameCodec
  readonly #space: WaitCell
  /** Of the last batch. */
  #rowBytes = ASSUMED_ROW_BYTES
  readonly #hasCredit = (): boolean => this.#pump() && this.#memory.data.queuedBytes() < this.#limitBytes

  constructor(handle: RemoteChannelHandle, { type }: RemoteOutputOptions) {
    this.address = { edge: handle.edge, producer: handle.producer, consumer: handle.consumer }
    this.#memory = producerMemory(handle.memory)
    this.#data = new FrameProducer(this.#memory.data, USUAL_DATA_BYTES)
    this.#control = new FrameProducer(this.#memory.control, USUAL_CONTROL_BYTES)
    this.#codec = rowFrameCodecOf(type)
    this.#space = new WaitCell(this.#memory.words, SPACE_CELL, () => {
      if (this.isAvailable) this.onSpace()
    })
  }

  get isAvailable(): boolean {
    // the reader's position as last seen is never ahead of it, so most questions need no look at shared memory
    if (this.#waitingBytes === 0 && this.#memory.data.queuedSeenBytes < this.#limitBytes) return true
    while (!this.#hasCredit()) if (this.#space.sleep(this.#hasCredit)) return false
    return true
  }

  /** Half of what the limit stands for. */
  get batchRows(): number {
    return Math.max(1, Math.floor(this.#limitBytes / 2 / this.#rowBytes))
  }

  get queuedBytes(): number {
    return this.#memory.data.queuedBytes() + this.#waitingBytes
  }

  push(element: StreamElement): void {
    if (element.kind === 'records') this.#pushRecords(element)
    else {
      const position = this.#data.sequence
      const output = this.#control.begin()
      output.writeVarUint(position)
      writeControlElement(element, output)
      this.numBytesOut.value += this.#control.send(position, Infinity)
    }
    wakeCell(this.#memory.words, DATA_CELL)
    // What found no room has to follow also when nobody asks this channel again: asking is what arms the wake-up.
    if (this.#waitingBytes > 0 && this.isAvailable) this.onSpace()
  }

  close(): void {
    this.#space.close()
  }

  get #waitingBytes(): number {
    return this.#data.waitingBytes + this.#control.waitingBytes
  }

  get #limitBytes(): number {
    return Atomics.load(this.#memory.words, LIMIT_WORD)
  }

  #pushRecords(batch: Extract<StreamElement, { kind: 'records' }>): void {
    this.#codec.write(batch, this.#data.begin())
    const bytes = this.#data.send(this.#data.sequence + 1, this.#control.waitingPosition)
    this.numBytesOut.value += bytes
    this.numBuffersOut.value++
    this.#rowBytes = bytes / batch.values.length
  }

  /** Moves what waits into the rings; true when nothing waits any more. */
  #pump(): boolean {
    if (this.#waitingBytes === 0) return true
    const controlMoved = this.#control.pump(Infinity)
    const dataMoved = this.#data.pump(this.#control.waitingPosition)
    if (controlMoved || dataMoved) wakeCell(this.#memory.words, DATA_CELL)
    return this.#waitingBytes === 0
  }
}

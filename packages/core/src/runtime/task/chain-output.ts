import type { RecordWriter } from '../network/record-writer.ts'
import { MAX_WATERMARK, MIN_WATERMARK, type OperatorOutput, type StreamOperator } from '../operators/stream-operator.ts'

/** Takes a record on: into the next operators of the chain or into record writers. */
export type Collector = (value: unknown, timestamp: number) => void

/** The output of one operator of a chain. The linker fills it in once all operators of the chain exist. */
export class ChainOutput implements OperatorOutput {
  collect: Collector = () => {}
  readonly sides: Map<string, Collector> = new Map()
  /** Chained operators behind any output of this one: control elements go to all of them. */
  readonly operators: StreamOperator[] = []
  readonly writers: RecordWriter[] = []
  watermark: number = MIN_WATERMARK
  idle = false
  readonly #taskIsAvailable: () => boolean

  constructor(taskIsAvailable: () => boolean) {
    this.#taskIsAvailable = taskIsAvailable
  }

  collectSide(tag: string, value: unknown, timestamp: number): void {
    this.sides.get(tag)?.(value, timestamp)
  }

  hasSide(tag: string): boolean {
    return this.sides.has(tag)
  }

  emitWatermark(timestamp: number): void {
    this.watermark = timestamp
    for (const operator of this.operators) operator.processWatermark(timestamp)
    // The end of time travels with the end of data: a consumer has to see which of its inputs ended before time moves on.
    if (timestamp === MAX_WATERMARK) return
    for (const writer of this.writers) writer.emitWatermark(timestamp)
  }

  emitStatus(idle: boolean): void {
    this.idle = idle
    for (const operator of this.operators) operator.processStatus(idle)
    for (const writer of this.writers) writer.emitStatus(idle)
  }

  isAvailable(): boolean {
    return this.#taskIsAvailable()
  }
}

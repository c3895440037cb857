import type { WatermarkStrategy } from '../../functions/watermark-strategy.ts'
import type { StreamNode } from '../../graph/stream-graph.ts'
import type { BadRecord } from '../../spi/bad-record.ts'
import type { Source } from '../../spi/source.ts'
import type { ReaderOutput, SourceOutput } from '../../spi/source-reader.ts'
import type { SourceWatermarks } from '../time/source-watermarks.ts'
import type { SplitWatermark } from '../time/split-watermarks.ts'
import { NO_TIMESTAMP } from '../time/timestamps.ts'
import { BadRecords } from './bad-records.ts'
import type { OperatorContext, OperatorOutput } from './stream-operator.ts'
import { timestampAssigner } from './timestamp-assigner.ts'
import { UserErrors } from './user-errors.ts'

/** What a reader calls for each record that names no split. */
export type SourceCollector = (value: unknown, timestamp?: number) => void

/** What collecting a record takes. */
export interface SourceRecords {
  readonly output: OperatorOutput
  readonly strategy: WatermarkStrategy<never>
  /** The timestamp by the strategy; may throw. */
  readonly assign: (value: unknown, timestamp: number) => number
  readonly errors: UserErrors
  readonly watermarks: SourceWatermarks
  /** Of the records that name no split; opened by the first of them. */
  readonly main: SplitWatermark | undefined
  /** Records read, good and bad. */
  position: number
  openMain(): SplitWatermark
  /** Emits what the split's watermark allows, after it went forward. */
  advance(split: SplitWatermark): void
}

/** The readable reference: one function for all sources. */
export function sharedSourceCollector(records: SourceRecords): SourceCollector {
  return (value, timestamp = NO_TIMESTAMP) => collectRecord(records, records.main ?? records.openMain(), value, timestamp)
}

function collectRecord(records: SourceRecords, split: SplitWatermark, value: unknown, timestamp: number): void {
  records.position++
  let assigned: number
  try {
    assigned = records.assign(value, timestamp)
  } catch (error) {
    records.errors.handle(error, value, timestamp)
    return
  }
  records.watermarks.beforeRecord(split)
  records.output.collect(value, assigned)
  split.generator.onEvent(value, assigned, split)
  if (split.advanced) records.advance(split)
}

/** What the reader emits into: timestamps, watermarks and the policy for bad records are applied here. */
export class SourceReaderOutput implements ReaderOutput<unknown>, SourceRecords {
  readonly output: OperatorOutput
  readonly assign: (value: unknown, timestamp: number) => number
  readonly errors: UserErrors
  readonly watermarks: SourceWatermarks
  readonly strategy: WatermarkStrategy<never>
  readonly #badRecords: BadRecords
  readonly #now: () => number
  readonly #outputs = new Map<string, SplitOutput>()
  /** Of a record that names no split. A field, so that the task can put one in that was compiled for this source alone. */
  collect: SourceCollector
  main: SplitWatermark | undefined
  position = 0

  constructor(node: StreamNode, context: OperatorContext, source: Source<unknown>, strategy: WatermarkStrategy<never>, watermarks: SourceWatermarks) {
    this.output = context.output
    this.assign = timestampAssigner(strategy)
    this.errors = new UserErrors(node, context)
    this.watermarks = watermarks
    this.strategy = strategy
    this.collect = sharedSourceCollector(this)
    this.#badRecords = new BadRecords(source.onBadRecord ?? 'fail', context)
    this.#now = () => context.now()
  }

  reject(record: BadRecord): void {
    this.#badRecords.reject(record, ++this.position, NO_TIMESTAMP)
  }

  emitWatermark(timestamp: number): void {
    this.emitSplitWatermark(this.main ?? this.openMain(), timestamp)
  }

  markIdle(): void {
    this.idle(this.main ?? this.openMain())
  }

  emitSplitWatermark(split: SplitWatermark, timestamp: number): void {
    if (this.strategy.kind !== 'source') return
    split.emitWatermark(timestamp)
    if (split.advanced) this.advance(split)
  }

  idle(split: SplitWatermark): void {
    this.watermarks.markIdle(split, this.#now())
  }

  openMain(): SplitWatermark {
    return (this.main = this.watermarks.splits.main())
  }

  advance(split: SplitWatermark): void {
    split.advanced = false
    this.watermarks.update()
  }

  forSplit(splitId: string): SourceOutput<unknown> {
    let output = this.#outputs.get(splitId)
    if (output === undefined) {
      const split = this.watermarks.splits.obtain(splitId)
      split.attached = true
      this.#outputs.set(splitId, (output = new SplitOutput(this, split)))
    }
    return output
  }

  releaseSplit(splitId: string): void {
    // What the split has brought counts: many small ones must move event time as one large one does.
    this.watermarks.emitPeriodic()
    this.#outputs.delete(splitId)
    this.watermarks.splits.release(splitId)
  }

  releaseAll(): void {
    this.#outputs.clear()
    this.main = undefined
    this.watermarks.splits.releaseAll()
  }
}

class SplitOutput implements SourceOutput<unknown> {
  readonly #owner: SourceReaderOutput
  readonly #split: SplitWatermark

  constructor(owner: SourceReaderOutput, split: SplitWatermark) {
    this.#owner = owner
    this.#split = split
  }

  collect(value: unknown, timestamp: number = NO_TIMESTAMP): void {
    collectRecord(this.#owner, this.#split, value, timestamp)
  }

  reject(record: BadRecord): void {
    this.#owner.reject(record)
  }

  emitWatermark(timestamp: number): void {
    this.#owner.emitSplitWatermark(this.#split, timestamp)
  }

  markIdle(): void {
    this.#owner.idle(this.#split)
  }
}

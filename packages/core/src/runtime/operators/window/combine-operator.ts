import { MillraceError } from '../../../errors.ts'
import type { AggregateFunction } from '../../../functions/aggregate-function.ts'
import type { WindowSpec } from '../../../graph/operator-spec.ts'
import type { StreamNode } from '../../../graph/stream-graph.ts'
import type { StateKey } from '../../../spi/keyed-state-backend.ts'
import type { Key } from '../../../types/key.ts'
import { fromStateKey, toStateKey } from '../../../types/state-key.ts'
import { keySelectorOf } from '../key-selector-of.ts'
import type { OperatorContext, StreamOperator } from '../stream-operator.ts'
import { UserErrors } from '../user-errors.ts'
import { alignedWindows, startOf, type AlignedWindows } from './aligned-windows.ts'
import type { CombinedRow } from '../../../graph/combined-row.ts'
import { requireTimestamp } from './late-elements.ts'

/** Entries held before they are sent on although no watermark came. */
const MAX_ENTRIES = 16_384

interface Entry {
  count: number
  accumulator: unknown
}

/**
 * Pre-aggregates before the shuffle into a mergeable window: one row per (slice, key) instead of one per element. Stateless
 * for checkpoints: everything is sent on before a watermark, a status or a barrier goes on, so that no element becomes late
 * or crosses a barrier by waiting here.
 */
export class CombineOperator implements StreamOperator {
  readonly #context: OperatorContext
  readonly #errors: UserErrors
  readonly #select: (value: unknown) => unknown
  readonly #windows: AlignedWindows
  readonly #aggregate: AggregateFunction<unknown, unknown, unknown>
  readonly #slices = new Map<number, Map<StateKey, Entry>>()
  #size = 0
  #sliceStart = Infinity
  #sliceEnd = -Infinity
  #slice = new Map<StateKey, Entry>()

  constructor(node: StreamNode, context: OperatorContext, window: WindowSpec) {
    if (window.function.kind !== 'aggregate' || window.function.aggregate.merge === undefined) {
      throw new MillraceError('CORE_NOT_MERGEABLE', `combiner "${node.name}" needs an aggregate with merge`, { origin: 'engine' })
    }
    this.#context = context
    this.#errors = new UserErrors(node, context)
    this.#select = keySelectorOf(node, 0)
    this.#windows = alignedWindows(window.assigner)
    this.#aggregate = window.function.aggregate as unknown as AggregateFunction<unknown, unknown, unknown>
  }

  processElement(value: unknown, timestamp: number): void {
    if (!(timestamp >= this.#sliceStart && timestamp < this.#sliceEnd)) this.#enterSlice(value, timestamp)
    try {
      const key = toStateKey(this.#select(value) as Key)
      const entry = this.#slice.get(key)
      if (entry !== undefined) {
        entry.accumulator = this.#aggregate.add(value, entry.accumulator)
        entry.count++
        return
      }
      this.#slice.set(key, { count: 1, accumulator: this.#aggregate.add(value, this.#aggregate.createAccumulator()) })
    } catch (error) {
      this.#errors.handle(error, value, timestamp)
      return
    }
    if (++this.#size >= MAX_ENTRIES) this.#flush()
  }

  processWatermark(timestamp: number): void {
    this.#flush()
    this.#context.output.emitWatermark(timestamp)
  }

  processStatus(idle: boolean): void {
    this.#flush()
    this.#context.output.emitStatus(idle)
  }

  prepareSnapshot(): void {
    this.#flush()
  }

  finish(): void {
    this.#flush()
  }

  #enterSlice(value: unknown, timestamp: number): void {
    requireTimestamp(value, timestamp, this.#context)
    const { slice, offset } = this.#windows
    const start = startOf(timestamp, slice, offset)
    let entries = this.#slices.get(start)
    if (entries === undefined) this.#slices.set(start, (entries = new Map()))
    this.#slice = entries
    this.#sliceStart = start
    this.#sliceEnd = start + slice
  }

  #flush(): void {
    const { output } = this.#context
    for (const [slice, entries] of this.#slices) {
      for (const [key, { count, accumulator }] of entries) {
        const row: CombinedRow = { key: fromStateKey(key), slice, count, accumulator }
        output.collect(row, slice)
      }
    }
    this.#slices.clear()
    this.#size = 0
    this.#sliceStart = Infinity
    this.#sliceEnd = -Infinity
  }
}

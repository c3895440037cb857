import type { AggregateFunction } from '../../functions/aggregate-function.ts'
import type { StreamNode } from '../../graph/stream-graph.ts'
import type { StateTable } from '../../spi/state-table.ts'
import type { Key } from '../../types/key.ts'
import { generic } from '../../types/generic-type.ts'
import type { AnyType } from '../../types/type-information.ts'
import { KeyContext } from './key-context.ts'
import { keySelectorOf } from './key-selector-of.ts'
import { requireKeyedState } from './require-keyed-state.ts'
import type { OperatorContext, StreamOperator } from './stream-operator.ts'
import { undoableBackend } from './undo-log.ts'
import { UserCalls } from './user-calls.ts'

/** What a rolling operator keeps per key and emits for every element. */
interface Rolling {
  readonly stateName: string
  readonly type: AnyType
  readonly first: (value: unknown) => unknown
  /** May change and return `accumulator`. */
  readonly add: (value: unknown, accumulator: unknown) => unknown
  /** Absent: the accumulator is what is emitted. */
  readonly result: ((accumulator: unknown) => unknown) | undefined
  /** Makes the emitted row of a result. */
  readonly finish: ((result: unknown, key: Key) => unknown) | undefined
}

export function createReduceOperator(node: StreamNode, context: OperatorContext, reduce: (a: never, b: never) => unknown, type: AnyType | undefined): StreamOperator {
  const combine = reduce as (a: unknown, b: unknown) => unknown
  return new RollingOperator(node, context, {
    stateName: 'reduced',
    type: type ?? generic(),
    first: (value) => value,
    add: (value, accumulator) => combine(accumulator, value),
    result: undefined,
    finish: undefined,
  })
}

export function createAggregateOperator(
  node: StreamNode,
  context: OperatorContext,
  erased: AggregateFunction<never, never, unknown>,
  finish: ((result: never, key: never) => unknown) | undefined,
): StreamOperator {
  const aggregate = erased as unknown as AggregateFunction<unknown, unknown, unknown>
  return new RollingOperator(node, context, {
    stateName: 'aggregated',
    type: aggregate.accumulatorType ?? generic(),
    first: (value) => aggregate.add(value, aggregate.createAccumulator()),
    add: (value, accumulator) => aggregate.add(value, accumulator),
    result: (accumulator) => aggregate.getResult(accumulator),
    finish: finish as Rolling['finish'],
  })
}

/** Its parts are open to generated chains, which do what `processElement` does without calling it. */
export class RollingOperator implements StreamOperator {
  readonly keys: KeyContext
  readonly select: (value: unknown) => unknown
  readonly rolling: Rolling
  readonly table: StateTable<unknown>
  readonly #context: OperatorContext
  readonly #calls: UserCalls

  constructor(node: StreamNode, context: OperatorContext, rolling: Rolling) {
    this.#context = context
    this.#calls = new UserCalls(node, context)
    this.keys = new KeyContext(context)
    this.select = keySelectorOf(node, 0)
    this.rolling = rolling
    const { undo } = this.#calls
    const backend = undo === undefined ? requireKeyedState(context) : undoableBackend(requireKeyedState(context), undo)
    this.table = backend.table({ name: rolling.stateName, kind: 'value', valueType: rolling.type, layout: 'key' })
  }

  processElement(value: unknown, timestamp: number): void {
    const { keys } = this
    this.#calls.begin(timestamp)
    keys.clear()
    let row: unknown
    try {
      keys.use(this.select(value), value)
      row = this.#row(this.#add(value))
    } catch (error) {
      this.failed(error, value, timestamp)
      return
    }
    this.#calls.succeeded()
    this.#context.output.collect(row, timestamp)
  }

  /** Throws unless the operator goes on without such records. */
  failed(error: unknown, value: unknown, timestamp: number): void {
    this.#calls.output.timestamp = timestamp
    this.#calls.failed(error, value, this.keys.keyGroup < 0 ? undefined : this.keys.key)
  }

  processWatermark(timestamp: number): void {
    this.#context.output.emitWatermark(timestamp)
  }

  processStatus(idle: boolean): void {
    this.#context.output.emitStatus(idle)
  }

  #add(value: unknown): unknown {
    const { rolling, table } = this
    const { keyGroup, stateKey } = this.keys
    const accumulator = table.getForUpdate(keyGroup, stateKey, null)
    const next = accumulator === undefined ? rolling.first(value) : rolling.add(value, accumulator)
    if (next !== accumulator) table.put(keyGroup, stateKey, null, next)
    return next
  }

  #row(accumulator: unknown): unknown {
    const { result, finish } = this.rolling
    const value = result === undefined ? accumulator : result(accumulator)
    return finish === undefined ? value : finish(value, this.keys.key)
  }
}

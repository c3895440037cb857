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
  first(value: unknown): unknown
  /** May change and return `accumulator`. */
  add(value: unknown, accumulator: unknown): unknown
  result(accumulator: unknown, keys: { readonly key: Key }): unknown
}

export function createReduceOperator(node: StreamNode, context: OperatorContext, reduce: (a: never, b: never) => unknown, type: AnyType | undefined): StreamOperator {
  const combine = reduce as (a: unknown, b: unknown) => unknown
  return new RollingOperator(node, context, {
    stateName: 'reduced',
    type: type ?? generic(),
    first: (value) => value,
    add: (value, accumulator) => combine(accumulator, value),
    result: (accumulator) => accumulator,
  })
}

export function createAggregateOperator(
  node: StreamNode,
  context: OperatorContext,
  erased: AggregateFunction<never, never, unknown>,
  finish: ((result: never, key: never) => unknown) | undefined,
): StreamOperator {
  const aggregate = erased as unknown as AggregateFunction<unknown, unknown, unknown>
  const finishRow = finish as ((result: unknown, key: Key) => unknown) | undefined
  return new RollingOperator(node, context, {
    stateName: 'aggregated',
    type: aggregate.accumulatorType ?? generic(),
    first: (value) => aggregate.add(value, aggregate.createAccumulator()),
    add: (value, accumulator) => aggregate.add(value, accumulator),
    result: (accumulator, keys) => (finishRow === undefined ? aggregate.getResult(accumulator) : finishRow(aggregate.getResult(accumulator), keys.key)),
  })
}

class RollingOperator implements StreamOperator {
  readonly #context: OperatorContext
  readonly #calls: UserCalls
  readonly #keys: KeyContext
  readonly #select: (value: unknown) => unknown
  readonly #rolling: Rolling
  readonly #table: StateTable<unknown>

  constructor(node: StreamNode, context: OperatorContext, rolling: Rolling) {
    this.#context = context
    this.#calls = new UserCalls(node, context)
    this.#keys = new KeyContext(context)
    this.#select = keySelectorOf(node, 0)
    this.#rolling = rolling
    const { undo } = this.#calls
    const backend = undo === undefined ? requireKeyedState(context) : undoableBackend(requireKeyedState(context), undo)
    this.#table = backend.table({ name: rolling.stateName, kind: 'value', valueType: rolling.type, layout: 'key' })
  }

  processElement(value: unknown, timestamp: number): void {
    const calls = this.#calls
    calls.begin(timestamp)
    this.#keys.clear()
    let result: unknown
    try {
      this.#keys.use(this.#select(value), value)
      result = this.#rolling.result(this.#add(value), this.#keys)
    } catch (error) {
      calls.failed(error, value, this.#keys.keyGroup < 0 ? undefined : this.#keys.key)
      return
    }
    calls.succeeded()
    this.#context.output.collect(result, timestamp)
  }

  processWatermark(timestamp: number): void {
    this.#context.output.emitWatermark(timestamp)
  }

  processStatus(idle: boolean): void {
    this.#context.output.emitStatus(idle)
  }

  #add(value: unknown): unknown {
    const { keyGroup, stateKey } = this.#keys
    const accumulator = this.#table.getForUpdate(keyGroup, stateKey, null)
    const next = accumulator === undefined ? this.#rolling.first(value) : this.#rolling.add(value, accumulator)
    if (next !== accumulator) this.#table.put(keyGroup, stateKey, null, next)
    return next
  }
}

import type { CoProcessFunction, OperatorOpenContext } from '../../functions/process-function.ts'
import type { StreamNode } from '../../graph/stream-graph.ts'
import { MIN_WATERMARK, NO_TIMESTAMP } from '../time/timestamps.ts'
import { operatorOpenContext } from './open-context.ts'
import { requireSynchronous } from './require-synchronous.ts'
import type { OperatorContext, StreamOperator } from './stream-operator.ts'
import { UserCalls } from './user-calls.ts'

/** A function of two inputs without keys: co-process, or a broadcast function that `open` has made look like one. */
export interface TwoInputFunction extends CoProcessFunction<unknown, unknown, unknown> {}

export class CoProcessOperator implements StreamOperator {
  readonly #context: OperatorContext
  readonly #calls: UserCalls
  readonly #open: (context: OperatorOpenContext, calls: UserCalls) => TwoInputFunction
  #function!: TwoInputFunction
  #watermark = MIN_WATERMARK

  constructor(node: StreamNode, context: OperatorContext, open: (context: OperatorOpenContext, calls: UserCalls) => TwoInputFunction) {
    this.#context = context
    this.#calls = new UserCalls(node, context)
    this.#open = open
  }

  open(): void {
    this.#function = requireSynchronous(this.#open(operatorOpenContext(this.#context, this.#calls, () => this.#watermark), this.#calls), this.#context.name)
  }

  processElement(value: unknown, timestamp: number): void {
    const calls = this.#calls
    calls.begin(timestamp)
    try {
      this.#function.processElement1(value, timestamp, calls.output)
    } catch (error) {
      calls.failed(error, value)
      return
    }
    calls.succeeded()
  }

  processElement2(value: unknown, timestamp: number): void {
    const calls = this.#calls
    calls.begin(timestamp)
    try {
      this.#function.processElement2(value, timestamp, calls.output)
    } catch (error) {
      calls.failed(error, value)
      return
    }
    calls.succeeded()
  }

  processWatermark(timestamp: number): void {
    this.#watermark = timestamp
    this.#context.output.emitWatermark(timestamp)
  }

  processStatus(idle: boolean): void {
    this.#context.output.emitStatus(idle)
  }

  endInput(input: 0 | 1): void {
    this.#calls.begin(NO_TIMESTAMP)
    try {
      this.#function.endInput?.(input, this.#calls.output)
    } catch (error) {
      this.#calls.failed(error, undefined, undefined, `the end of input ${input}`)
      return
    }
    this.#calls.succeeded()
  }

  finish(): void {
    this.#calls.begin(NO_TIMESTAMP)
    try {
      this.#function.finish?.(this.#calls.output)
    } catch (error) {
      this.#calls.failed(error, undefined, undefined, 'the end of its input')
      return
    }
    this.#calls.succeeded()
  }

  close(): void | Promise<void> {
    return this.#function?.close?.()
  }
}

export function createCoProcessOperator(node: StreamNode, context: OperatorContext, open: (context: OperatorOpenContext) => CoProcessFunction<never, never, unknown>): StreamOperator {
  return new CoProcessOperator(node, context, open as unknown as (context: OperatorOpenContext) => TwoInputFunction)
}

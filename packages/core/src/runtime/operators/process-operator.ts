import type { OperatorOpenContext, ProcessFunction } from '../../functions/process-function.ts'
import type { StreamNode } from '../../graph/stream-graph.ts'
import { MIN_WATERMARK, NO_TIMESTAMP } from '../time/timestamps.ts'
import { operatorOpenContext } from './open-context.ts'
import { requireSynchronous } from './require-synchronous.ts'
import type { OperatorContext, StreamOperator } from './stream-operator.ts'
import { UserCalls } from './user-calls.ts'

export function createProcessOperator(node: StreamNode, context: OperatorContext, open: (context: OperatorOpenContext) => ProcessFunction<never, unknown>): StreamOperator {
  return new ProcessOperator(node, context, open as unknown as (context: OperatorOpenContext) => ProcessFunction<unknown, unknown>)
}

class ProcessOperator implements StreamOperator {
  readonly #context: OperatorContext
  readonly #calls: UserCalls
  readonly #open: (context: OperatorOpenContext) => ProcessFunction<unknown, unknown>
  #function!: ProcessFunction<unknown, unknown>
  #watermark = MIN_WATERMARK

  constructor(node: StreamNode, context: OperatorContext, open: (context: OperatorOpenContext) => ProcessFunction<unknown, unknown>) {
    this.#context = context
    this.#calls = new UserCalls(node, context)
    this.#open = open
  }

  open(): void {
    this.#function = requireSynchronous(this.#open(operatorOpenContext(this.#context, this.#calls, () => this.#watermark)), this.#context.name)
  }

  processElement(value: unknown, timestamp: number): void {
    const calls = this.#calls
    calls.begin(timestamp)
    try {
      this.#function.processElement(value, timestamp, calls.output)
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

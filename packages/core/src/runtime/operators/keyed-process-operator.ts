import type { KeyedOpenContext, KeyedProcessFunction } from '../../functions/process-function.ts'
import type { StreamNode } from '../../graph/stream-graph.ts'
import type { Key } from '../../types/key.ts'
import { NO_TIMESTAMP } from '../time/timestamps.ts'
import { KeyedCalls } from './keyed-calls.ts'
import { keySelectorOf } from './key-selector-of.ts'
import { requireSynchronous } from './require-synchronous.ts'
import type { OperatorContext, StreamOperator } from './stream-operator.ts'

type Open = (context: KeyedOpenContext<Key>) => KeyedProcessFunction<unknown, unknown>

export function createKeyedProcessOperator(node: StreamNode, context: OperatorContext, open: (context: KeyedOpenContext<Key>) => KeyedProcessFunction<never, unknown>): StreamOperator {
  return new KeyedProcessOperator(node, context, open as unknown as Open)
}

class KeyedProcessOperator implements StreamOperator {
  readonly #keyed: KeyedCalls
  readonly #select: (value: unknown) => unknown
  readonly #open: Open
  #function!: KeyedProcessFunction<unknown, unknown>

  constructor(node: StreamNode, context: OperatorContext, open: Open) {
    this.#keyed = new KeyedCalls(node, context, (timestamp, output, domain) => this.#function.onTimer?.(timestamp, output, domain))
    this.#select = keySelectorOf(node, 0)
    this.#open = (opened) => requireSynchronous(open(opened), context.name)
  }

  open(): void {
    this.#function = this.#open(this.#keyed.openContext())
    this.#keyed.opened()
  }

  processElement(value: unknown, timestamp: number): void {
    const keyed = this.#keyed
    if (!keyed.begin(this.#select, value, timestamp)) return
    try {
      this.#function.processElement(value, timestamp, keyed.output)
    } catch (error) {
      keyed.failed(error, value)
      return
    }
    keyed.succeeded()
  }

  processWatermark(timestamp: number): void {
    this.#keyed.advance(timestamp)
  }

  processStatus(idle: boolean): void {
    this.#keyed.forwardStatus(idle)
  }

  resume(): void {
    this.#keyed.resume()
  }

  onProcessingTime(now: number): void {
    this.#keyed.onProcessingTime(now)
  }

  /** Processing-time timers that are pending when bounded input ends fire then. */
  finish(): void {
    this.#keyed.firePendingTimers()
    this.#keyed.beginUnkeyed(NO_TIMESTAMP)
    try {
      this.#function.finish?.(this.#keyed.output)
    } catch (error) {
      this.#keyed.failedDoing(error, 'the end of its input')
      return
    }
    this.#keyed.succeeded()
  }

  prepareSnapshot(): void {
    this.#keyed.completeWork()
  }

  snapshot(): void {
    this.#keyed.snapshot()
  }

  close(): void | Promise<void> {
    return this.#function?.close?.()
  }
}

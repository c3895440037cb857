import type { CoProcessFunction, KeyedOpenContext } from '../../functions/process-function.ts'
import type { StreamNode } from '../../graph/stream-graph.ts'
import type { Key } from '../../types/key.ts'
import { NO_TIMESTAMP } from '../time/timestamps.ts'
import type { TwoInputFunction } from './co-process-operator.ts'
import { KeyedCalls } from './keyed-calls.ts'
import { keySelectorOf } from './key-selector-of.ts'
import { requireSynchronous } from './require-synchronous.ts'
import type { OperatorContext, StreamOperator } from './stream-operator.ts'

type Open = (keyed: KeyedCalls) => TwoInputFunction

/** Two inputs with state and timers by key. Without a selector the second input has no keys (broadcast). */
export class KeyedCoProcessOperator implements StreamOperator {
  readonly #keyed: KeyedCalls
  readonly #select1: (value: unknown) => unknown
  readonly #select2: ((value: unknown) => unknown) | undefined
  readonly #open: Open
  #function!: TwoInputFunction

  constructor(node: StreamNode, context: OperatorContext, keyedSecondInput: boolean, open: Open) {
    this.#keyed = new KeyedCalls(node, context, (timestamp, output, domain) => this.#function.onTimer?.(timestamp, output, domain))
    this.#select1 = keySelectorOf(node, 0)
    this.#select2 = keyedSecondInput ? keySelectorOf(node, 1) : undefined
    this.#open = (keyed) => requireSynchronous(open(keyed), context.name)
  }

  open(): void {
    this.#function = this.#open(this.#keyed)
    this.#keyed.opened()
  }

  processElement(value: unknown, timestamp: number): void {
    const keyed = this.#keyed
    if (!keyed.begin(this.#select1, value, timestamp)) return
    try {
      this.#function.processElement1(value, timestamp, keyed.output)
    } catch (error) {
      keyed.failed(error, value)
      return
    }
    keyed.succeeded()
  }

  processElement2(value: unknown, timestamp: number): void {
    const keyed = this.#keyed
    if (this.#select2 === undefined) keyed.beginUnkeyed(timestamp)
    else if (!keyed.begin(this.#select2, value, timestamp)) return
    try {
      this.#function.processElement2(value, timestamp, keyed.output)
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

  endInput(input: 0 | 1): void {
    this.#keyed.beginUnkeyed(NO_TIMESTAMP)
    try {
      this.#function.endInput?.(input, this.#keyed.output)
    } catch (error) {
      this.#keyed.failedDoing(error, `the end of input ${input}`)
      return
    }
    this.#keyed.succeeded()
  }

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

export function createKeyedCoProcessOperator(
  node: StreamNode,
  context: OperatorContext,
  open: (context: KeyedOpenContext<Key>) => CoProcessFunction<never, never, unknown>,
): StreamOperator {
  return new KeyedCoProcessOperator(node, context, true, (keyed) => open(keyed.openContext()) as unknown as TwoInputFunction)
}

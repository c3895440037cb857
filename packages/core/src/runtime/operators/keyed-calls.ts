import { MillraceError } from '../../errors.ts'
import type { KeyedOpenContext, TimeDomain } from '../../functions/process-function.ts'
import type { StateDescriptor } from '../../functions/state-descriptor.ts'
import type { StreamNode } from '../../graph/stream-graph.ts'
import type { Output } from '../../spi/output.ts'
import type { KeyedStateBackend, StateKey } from '../../spi/keyed-state-backend.ts'
import type { StateDefinition } from '../../spi/state-backend.ts'
import type { StateTable } from '../../spi/state-table.ts'
import type { Key } from '../../types/key.ts'
import { createKeyedStateStore, type KeyedStateStore } from '../state/keyed-state-store.ts'
import { TimerService } from '../time/timer-service.ts'
import { NO_TIMESTAMP } from '../time/timestamps.ts'
import { KeyContext } from './key-context.ts'
import { openContext } from './open-context.ts'
import { requireKeyedState } from './require-keyed-state.ts'
import type { OperatorContext } from './stream-operator.ts'
import { undoableBackend } from './undo-log.ts'
import { UserCalls } from './user-calls.ts'
import { WatermarkState } from './watermark-state.ts'
import { WatermarkWork } from './watermark-work.ts'

export type OnTimer = (timestamp: number, output: Output<unknown>, domain: TimeDomain) => void

/** What keyed operators with user functions share: current key, state, timers, watermark, calls. */
export class KeyedCalls {
  readonly keys: KeyContext
  readonly store: KeyedStateStore
  readonly output: Output<unknown>
  readonly #context: OperatorContext
  readonly #backend: KeyedStateBackend
  readonly #calls: UserCalls
  readonly #timers: TimerService
  readonly #work: WatermarkWork
  readonly #watermarks: WatermarkState
  readonly #onTimer: OnTimer
  #opening = true

  constructor(node: StreamNode, context: OperatorContext, onTimer: OnTimer) {
    this.#context = context
    this.#calls = new UserCalls(node, context)
    const { undo } = this.#calls
    const backend = undo === undefined ? requireKeyedState(context) : undoableBackend(requireKeyedState(context), undo)
    this.#backend = backend
    this.output = this.#calls.output
    this.keys = new KeyContext(context)
    this.store = createKeyedStateStore(backend, { now: () => context.now() })
    this.#timers = new TimerService(backend, {
      onTimer: (domain, timestamp, keyGroup, key) => this.#fire(domain, timestamp, keyGroup, key),
      scheduleProcessingTime: (timestamp) => context.scheduleProcessingTime(timestamp),
    })
    this.#work = new WatermarkWork(context, (watermark, steps) => this.#timers.fireEvent(watermark, steps))
    this.#watermarks = new WatermarkState(context)
    this.#onTimer = onTimer
  }

  get calls(): UserCalls {
    return this.#calls
  }

  /** State of the operator's own, beside that of user functions. */
  table<V>(definition: StateDefinition): StateTable<V> {
    return this.#backend.table(definition)
  }

  openContext(): KeyedOpenContext<Key> {
    const { keys } = this
    const timers = this.#timers
    return Object.defineProperty(
      {
        ...openContext(this.#context, this.#calls, () => this.#work.watermark),
        state: <S>(descriptor: StateDescriptor<S>): S => this.#state(descriptor),
        registerEventTimeTimer: (timestamp: number): void => {
          keys.requireKey()
          timers.event.add(timestamp, keys.keyGroup, keys.stateKey, null)
        },
        deleteEventTimeTimer: (timestamp: number): void => {
          keys.requireKey()
          timers.event.remove(timestamp, keys.keyGroup, keys.stateKey, null)
        },
        registerProcessingTimeTimer: (timestamp: number): void => {
          keys.requireKey()
          timers.registerProcessing(timestamp, keys.keyGroup, keys.stateKey, null)
        },
        deleteProcessingTimeTimer: (timestamp: number): void => {
          keys.requireKey()
          timers.processing.remove(timestamp, keys.keyGroup, keys.stateKey, null)
        },
      },
      'key',
      { get: () => keys.key, enumerable: true },
    ) as KeyedOpenContext<Key>
  }

  /** After the user function was opened with `openContext`. */
  opened(): void {
    this.#opening = false
    this.#work.watermark = this.#watermarks.restored()
    this.#timers.open()
  }

  /** Before a call for an element: false if it has no usable key and the policy is to go on. */
  begin(select: (value: unknown) => unknown, value: unknown, timestamp: number): boolean {
    if (this.#work.pending) this.#work.complete()
    this.#calls.begin(timestamp)
    try {
      this.keys.use(select(value), value)
    } catch (error) {
      this.#calls.failed(error, value)
      return false
    }
    this.#useKey()
    return true
  }

  /** Before a call for no key in particular. */
  beginUnkeyed(timestamp: number): void {
    this.#work.complete()
    this.#calls.begin(timestamp)
    this.keys.clear()
    this.#useKey()
  }

  succeeded(): void {
    this.#calls.succeeded()
  }

  failed(error: unknown, value: unknown): void {
    this.#calls.failed(error, value, this.keys.keyGroup < 0 ? undefined : this.keys.key)
  }

  failedDoing(error: unknown, doing: string): void {
    this.#calls.failed(error, undefined, this.keys.keyGroup < 0 ? undefined : this.keys.key, doing)
  }

  /** Visits the keys of a state, each as the current key; afterwards there is none. */
  forEachKey<S>(descriptor: StateDescriptor<S>, visit: (key: Key, state: S) => void): void {
    const state = this.store.state(descriptor)
    // all of them first: visits may change state of any key
    for (const [keyGroup, key] of [...this.store.keysOf(descriptor)]) {
      this.keys.restore(keyGroup, key)
      this.#useKey()
      visit(this.keys.key, state)
    }
    this.keys.clear()
    this.#useKey()
  }

  advance(watermark: number): void {
    this.#work.advance(watermark)
  }

  forwardStatus(idle: boolean): void {
    this.#work.complete()
    this.#context.output.emitStatus(idle)
  }

  resume(): void {
    this.#work.resume()
  }

  completeWork(): void {
    this.#work.complete()
  }

  onProcessingTime(now: number): void {
    this.#work.complete()
    this.#timers.fireProcessing(now)
  }

  firePendingTimers(): void {
    this.#work.complete()
    this.#timers.firePending()
  }

  snapshot(): void {
    this.#watermarks.snapshot(this.#work.watermark)
  }

  #fire(domain: TimeDomain, timestamp: number, keyGroup: number, key: StateKey): void {
    this.keys.restore(keyGroup, key)
    this.#useKey()
    this.#calls.begin(domain === 'event' ? timestamp : NO_TIMESTAMP)
    try {
      this.#onTimer(timestamp, this.output, domain)
    } catch (error) {
      this.failedDoing(error, `${domain}-time timer ${timestamp}`)
      return
    }
    this.#calls.succeeded()
  }

  #useKey(): void {
    this.store.currentKey = this.keys.stateKey
    this.store.currentKeyGroup = this.keys.keyGroup
  }

  #state<S>(descriptor: StateDescriptor<S>): S {
    if (this.#opening) return this.store.state(descriptor)
    const message = `state "${descriptor.name}" of "${this.#context.name}" was asked for after opening; call ctx.state(…) in the function passed to process, before returning the process function`
    throw new MillraceError('CORE_STATE_AFTER_OPEN', message, { origin: 'user' })
  }
}

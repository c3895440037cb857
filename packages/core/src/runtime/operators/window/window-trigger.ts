import type { TimeWindow, Trigger, TriggerContext, TriggerResult } from '../../../functions/window.ts'
import { Triggers } from '../../../functions/triggers.ts'
import type { WindowSpec } from '../../../graph/operator-spec.ts'
import type { KeyedStateBackend, Namespace } from '../../../spi/keyed-state-backend.ts'
import type { MapStateTable } from '../../../spi/state-table.ts'
import { generic } from '../../../types/generic-type.ts'
import { string } from '../../../types/simple-types.ts'
import type { TimerService } from '../../time/timer-service.ts'
import type { KeyContext } from '../key-context.ts'
import type { WatermarkWork } from '../watermark-work.ts'

/** The trigger of a window operator, applied to the current key and one window. */
export class WindowTrigger implements TriggerContext {
  readonly now: () => number
  readonly #trigger: Trigger<unknown>
  readonly #states: MapStateTable<string, unknown>
  readonly #timers: TimerService
  readonly #keys: KeyContext
  readonly #work: WatermarkWork
  #namespace: Namespace = null
  #mergedAway: readonly Namespace[] = []

  constructor(trigger: Trigger<unknown>, backend: KeyedStateBackend, timers: TimerService, keys: KeyContext, work: WatermarkWork, now: () => number) {
    this.#trigger = trigger
    this.#timers = timers
    this.#keys = keys
    this.#work = work
    this.now = now
    this.#states = backend.mapTable({ name: 'window-trigger', kind: 'map', userKeyType: string(), valueType: trigger.stateType ?? generic(), layout: 'key' })
  }

  get watermark(): number {
    return this.#work.watermark
  }

  onElement(value: unknown, timestamp: number, window: TimeWindow, namespace: Namespace): TriggerResult {
    this.#namespace = namespace
    return this.#trigger.onElement(value, timestamp, window, this)
  }

  onTimer(domain: 'event' | 'processing', timestamp: number, window: TimeWindow, namespace: Namespace): TriggerResult {
    this.#namespace = namespace
    return domain === 'event' ? this.#trigger.onEventTime(timestamp, window, this) : this.#trigger.onProcessingTime(timestamp, window, this)
  }

  onMerge(window: TimeWindow, namespace: Namespace, mergedAway: readonly Namespace[]): void {
    this.#namespace = namespace
    this.#mergedAway = mergedAway
    this.#trigger.onMerge?.(window, this)
    this.#mergedAway = []
  }

  clear(window: TimeWindow, namespace: Namespace): void {
    this.#namespace = namespace
    this.#trigger.clear(window, this)
    this.#states.clear(this.#keys.keyGroup, this.#keys.stateKey, namespace)
  }

  registerEventTimeTimer(timestamp: number): void {
    this.#timers.event.add(timestamp, this.#keys.keyGroup, this.#keys.stateKey, this.#namespace)
  }

  deleteEventTimeTimer(timestamp: number): void {
    this.#timers.event.remove(timestamp, this.#keys.keyGroup, this.#keys.stateKey, this.#namespace)
  }

  registerProcessingTimeTimer(timestamp: number): void {
    this.#timers.registerProcessing(timestamp, this.#keys.keyGroup, this.#keys.stateKey, this.#namespace)
  }

  deleteProcessingTimeTimer(timestamp: number): void {
    this.#timers.processing.remove(timestamp, this.#keys.keyGroup, this.#keys.stateKey, this.#namespace)
  }

  getState<V>(name: string): V | undefined {
    return this.#states.get(this.#keys.keyGroup, this.#keys.stateKey, this.#namespace, name) as V | undefined
  }

  setState<V>(name: string, value: V): void {
    this.#states.put(this.#keys.keyGroup, this.#keys.stateKey, this.#namespace, name, value)
  }

  mergeState<V>(name: string, merge: (a: V, b: V) => V): void {
    for (const namespace of this.#mergedAway) {
      const value = this.#states.get(this.#keys.keyGroup, this.#keys.stateKey, namespace, name) as V | undefined
      if (value === undefined) continue
      const own = this.getState<V>(name)
      this.setState(name, own === undefined ? value : merge(own, value))
    }
  }
}

/** The trigger of the plan, or the one its windows have by default. */
export function triggerOf(spec: WindowSpec): Trigger<unknown> {
  if (spec.trigger !== undefined) return spec.trigger as Trigger<unknown>
  if (spec.assigner.kind === 'global') return Triggers.never()
  return spec.assigner.time === 'event' ? Triggers.eventTime() : Triggers.processingTime()
}

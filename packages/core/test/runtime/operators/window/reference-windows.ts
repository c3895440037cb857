import type { Evictor, WindowElement } from '../../../../src/functions/evictors.ts'
import type { TimeWindow, Trigger, TriggerContext, TriggerResult } from '../../../../src/functions/window.ts'
import { MAX_WATERMARK, MIN_WATERMARK } from '../../../../src/runtime/time/timestamps.ts'
import type { OperatorEvent } from '../../../../src/testing/hostile-run.ts'
import type { Reading } from './window-model.ts'

export interface ReferenceSpec {
  readonly assign: (timestamp: number) => readonly TimeWindow[]
  readonly time: 'event' | 'processing'
  /** Sessions: windows of a key that touch become one. */
  readonly merging: boolean
  readonly trigger: Trigger<Reading>
  readonly evictor?: Evictor<Reading>
  readonly latenessMs: number
}

/** A window as an object that holds everything: elements, trigger state, timers. */
interface Pane {
  readonly key: string
  readonly window: TimeWindow
  elements: readonly WindowElement<Reading>[]
  readonly state: Map<string, unknown>
  readonly timers: { readonly event: Set<number>; readonly processing: Set<number> }
}
type Domain = 'event' | 'processing'

/**
 * Windows as Flink's documentation describes them, as plainly as possible: a list of panes, searched from end to end for
 * whatever is due next. Rows as `key start values @ timestamp`, the values of merged windows in order.
 */
export function referenceWindows(spec: ReferenceSpec, events: readonly OperatorEvent[]): readonly string[] {
  const { trigger, evictor } = spec
  const rows: string[] = []
  let panes: readonly Pane[] = []
  let current = MIN_WATERMARK
  let now = 0
  let ended = false

  const contextOf = (pane: Pane, mergedAway: readonly Pane[] = []): TriggerContext => ({
    watermark: current,
    now: () => now,
    registerEventTimeTimer: (timestamp) => void pane.timers.event.add(timestamp),
    deleteEventTimeTimer: (timestamp) => void pane.timers.event.delete(timestamp),
    registerProcessingTimeTimer: (timestamp) => void (ended || pane.timers.processing.add(timestamp)),
    deleteProcessingTimeTimer: (timestamp) => void pane.timers.processing.delete(timestamp),
    getState: <V>(name: string) => pane.state.get(name) as V | undefined,
    setState: (name, value) => void pane.state.set(name, value),
    mergeState<V>(name: string, merge: (a: V, b: V) => V) {
      for (const { state } of mergedAway) if (state.has(name)) pane.state.set(name, pane.state.has(name) ? merge(pane.state.get(name) as V, state.get(name) as V) : state.get(name))
    },
  })
  const cleanUpTime = ({ end }: TimeWindow): number => end - 1 + (spec.time === 'event' ? spec.latenessMs : 0)
  const fire = (pane: Pane): void => {
    const context = { window: pane.window, watermark: current }
    const seen = evictor?.before?.(pane.elements, context) ?? pane.elements
    const values = seen.map(({ value }) => value.value)
    if (seen.length > 0) rows.push(`${pane.key} ${pane.window.start} ${(spec.merging ? values.sort((a, b) => a - b) : values).join()} @ ${pane.window.end - 1}`)
    pane.elements = seen.length === 0 ? [] : (evictor?.after?.(seen, context) ?? seen)
  }
  const apply = (result: TriggerResult, pane: Pane): void => {
    if ((result === 'fire' || result === 'fireAndPurge') && pane.elements.length > 0) fire(pane)
    if (result === 'purge' || result === 'fireAndPurge') pane.elements = []
  }
  const paneFor = (key: string, window: TimeWindow): Pane => {
    const touching = panes.filter((pane) => pane.key === key && (spec.merging ? pane.window.start <= window.end && window.start <= pane.window.end : pane.window.start === window.start))
    const [only] = touching
    if (only !== undefined && touching.length === 1 && only.window.start <= window.start && window.end <= only.window.end) return only
    const merged: Pane = {
      key,
      window: { start: Math.min(window.start, ...touching.map((pane) => pane.window.start)), end: Math.max(window.end, ...touching.map((pane) => pane.window.end)) },
      elements: touching.flatMap(({ elements }) => elements),
      state: new Map(),
      timers: { event: new Set(), processing: new Set() },
    }
    panes = [...panes.filter((pane) => !touching.includes(pane)), merged]
    if (touching.length > 0) trigger.onMerge?.(merged.window, contextOf(merged, touching))
    return merged
  }
  const add = (value: Reading, eventTime: number): void => {
    const timestamp = spec.time === 'event' ? eventTime : now
    for (const window of spec.assign(timestamp)) {
      // a session is late by what it would become
      const before = panes
      const pane = paneFor(value.key, window)
      if (spec.time === 'event' && cleanUpTime(pane.window) <= current) {
        panes = before.includes(pane) ? panes : before
        continue
      }
      pane.elements = [...pane.elements, { value, timestamp }]
      apply(trigger.onElement(value, timestamp, pane.window, contextOf(pane)), pane)
      if (cleanUpTime(pane.window) < MAX_WATERMARK) pane.timers[spec.time].add(cleanUpTime(pane.window))
    }
  }
  const fireNext = (domain: Domain, upTo: number): boolean => {
    const due = panes.flatMap((pane) => [...pane.timers[domain]].filter((timestamp) => timestamp <= upTo).map((timestamp) => ({ pane, timestamp }))).sort((a, b) => a.timestamp - b.timestamp)
    const [next] = due
    if (next === undefined) return false
    const { pane, timestamp } = next
    if (domain === 'processing') now = Math.max(now, Math.min(timestamp, upTo))
    pane.timers[domain].delete(timestamp)
    apply(domain === 'event' ? trigger.onEventTime(timestamp, pane.window, contextOf(pane)) : trigger.onProcessingTime(timestamp, pane.window, contextOf(pane)), pane)
    if (domain === spec.time && timestamp === cleanUpTime(pane.window)) panes = panes.filter((other) => other !== pane)
    return true
  }
  const advance = (watermark: number): void => {
    if (watermark <= current) return
    current = watermark
    while (fireNext('event', watermark));
  }

  for (const event of events) {
    if (event.kind === 'element') add(event.value as Reading, event.timestamp)
    if (event.kind === 'watermark') advance(event.timestamp)
    if (event.kind !== 'processingTime') continue
    while (fireNext('processing', event.now));
    now = Math.max(now, event.now)
  }
  advance(MAX_WATERMARK)
  ended = true
  while (fireNext('processing', Number.MAX_SAFE_INTEGER));
  return rows.sort()
}

import { MillraceError } from '../../../errors.ts'
import type { Evictor } from '../../../functions/evictors.ts'
import type { TimeDomain } from '../../../functions/process-function.ts'
import type { TimeWindow, TriggerResult, WindowOpenContext } from '../../../functions/window.ts'
import type { WindowSpec } from '../../../graph/operator-spec.ts'
import type { StreamNode } from '../../../graph/stream-graph.ts'
import type { Namespace, StateKey } from '../../../spi/keyed-state-backend.ts'
import type { StateTable } from '../../../spi/state-table.ts'
import { list } from '../../../types/collection-types.ts'
import { long } from '../../../types/number-types.ts'
import { MAX_WATERMARK } from '../../time/timestamps.ts'
import { TimerService } from '../../time/timer-service.ts'
import { KeyContext } from '../key-context.ts'
import { keySelectorOf } from '../key-selector-of.ts'
import { openContext } from '../open-context.ts'
import { requireKeyedState } from '../require-keyed-state.ts'
import type { OperatorContext, StreamOperator } from '../stream-operator.ts'
import { undoableBackend } from '../undo-log.ts'
import { UserCalls } from '../user-calls.ts'
import { WatermarkState } from '../watermark-state.ts'
import { WatermarkWork } from '../watermark-work.ts'
import { LateElements, requireTimestamp } from './late-elements.ts'
import { MergingWindowSet } from './merging-window-set.ts'
import { evictingContents } from './evicting-contents.ts'
import { windowContents, type WindowContents } from './window-contents.ts'
import { WindowEmitter } from './window-emitter.ts'
import { windowNaming, type WindowNaming } from './window-namespace.ts'
import { WindowOffsets } from './window-offsets.ts'
import { WindowStates } from './window-states.ts'
import { WindowStore } from './window-store.ts'
import { triggerOf, WindowTrigger } from './window-trigger.ts'

/**
 * The key-major path: any assigner, trigger and window function. State and timers per (key, window), as in Flink's
 * WindowOperator: the trigger decides when a window fires, a clean-up timer at its last timestamp plus the allowed lateness
 * ends it.
 */
export class KeyedWindowOperator implements StreamOperator {
  readonly #context: OperatorContext
  readonly #calls: UserCalls
  readonly #keys: KeyContext
  readonly #select: (value: unknown) => unknown
  readonly #naming: WindowNaming
  readonly #offsets: WindowOffsets | undefined
  readonly #eventTime: boolean
  readonly #needsTimestamp: boolean
  readonly #latenessMs: number
  readonly #contents: WindowContents
  readonly #store: WindowStore
  readonly #emitter: WindowEmitter
  readonly #late: LateElements
  readonly #work: WatermarkWork
  readonly #watermarks: WatermarkState
  readonly #timers: TimerService
  readonly #trigger: WindowTrigger
  readonly #states: WindowStates
  readonly #merging: { readonly set: MergingWindowSet; readonly saved: StateTable<readonly number[]> } | undefined

  constructor(node: StreamNode, spec: WindowSpec, context: OperatorContext) {
    const { assigner } = spec
    this.#context = context
    this.#calls = new UserCalls(node, context)
    const { undo } = this.#calls
    const backend = undo === undefined ? requireKeyedState(context) : undoableBackend(requireKeyedState(context), undo)
    this.#keys = new KeyContext(context)
    this.#select = keySelectorOf(node, 0)
    if (assigner.kind === 'tumbling' && assigner.stagger !== undefined) this.#offsets = new WindowOffsets(assigner.stagger, assigner.sizeMs, assigner.offsetMs, context)
    this.#naming = windowNaming(assigner)
    this.#eventTime = assigner.kind === 'global' || assigner.time === 'event'
    this.#needsTimestamp = assigner.kind !== 'global' && assigner.time === 'event'
    this.#latenessMs = this.#eventTime ? spec.allowedLatenessMs : 0
    this.#work = new WatermarkWork(context, (watermark, steps) => this.#timers.fireEvent(watermark, steps))
    this.#states = new WindowStates(backend, this.#keys, () => context.now())
    const merging = assigner.kind === 'session' || (assigner.kind === 'custom' && assigner.merging)
    this.#contents = contentsOf(spec, this.#states.openContext(openContext(context, this.#calls, () => this.#work.watermark), context.name, merging))
    const table = backend.table({ name: 'window-contents', kind: 'window', valueType: this.#contents.type, layout: 'key' })
    this.#store = new WindowStore(table, this.#contents, this.#keys)
    this.#emitter = new WindowEmitter(this.#contents, this.#keys, this.#calls)
    this.#late = new LateElements(spec, context)
    this.#watermarks = new WatermarkState(context)
    this.#timers = new TimerService(backend, {
      onTimer: (domain, timestamp, keyGroup, key, namespace) => this.#onTimer(domain, timestamp, keyGroup, key, namespace),
      scheduleProcessingTime: (timestamp) => context.scheduleProcessingTime(timestamp),
    })
    const trigger = triggerOf(spec)
    this.#trigger = new WindowTrigger(trigger, backend, this.#timers, this.#keys, this.#work, () => context.now())
    if (merging) {
      requireMergeable(spec, this.#contents, trigger.onMerge !== undefined, trigger.name, context)
      this.#merging = { set: new MergingWindowSet(), saved: backend.table({ name: 'merging-windows', kind: 'value', valueType: list(long()), layout: 'key' }) }
    }
  }

  open(): void {
    this.#states.opened()
    this.#work.watermark = this.#watermarks.restored()
    this.#timers.open()
  }

  processElement(value: unknown, timestamp: number): void {
    if (this.#work.pending) this.#work.complete()
    if (this.#needsTimestamp) requireTimestamp(value, timestamp, this.#context)
    const calls = this.#calls
    calls.begin(timestamp)
    this.#keys.clear()
    let late: boolean
    try {
      this.#keys.use(this.#select(value), value)
      late = this.#addToWindows(value, timestamp)
    } catch (error) {
      calls.failed(error, value, this.#keys.keyGroup < 0 ? undefined : this.#keys.key)
      return
    }
    calls.succeeded()
    if (late && this.#eventTime && timestamp + this.#latenessMs <= this.#work.watermark) this.#late.reject(value, timestamp)
  }

  processWatermark(timestamp: number): void {
    this.#work.advance(timestamp)
  }

  processStatus(idle: boolean): void {
    this.#work.complete()
    this.#context.output.emitStatus(idle)
  }

  resume(): void {
    this.#work.resume()
  }

  onProcessingTime(now: number): void {
    this.#work.complete()
    this.#timers.fireProcessing(now)
  }

  /** Processing-time windows that are open when their input ends fire then. */
  finish(): void {
    this.#work.complete()
    this.#timers.firePending()
  }

  prepareSnapshot(): void {
    this.#work.complete()
  }

  snapshot(): void {
    this.#watermarks.snapshot(this.#work.watermark)
    this.#offsets?.snapshot()
  }

  /** True if all windows of the element are gone, or it has none. */
  #addToWindows(value: unknown, timestamp: number): boolean {
    const time = this.#eventTime ? timestamp : this.#context.now()
    let late = true
    this.#loadWindows()
    for (const assigned of this.#naming.assign(value, time, this.#offsets?.offsetOf(this.#keys.keyGroup))) {
      const window = this.#merge(assigned)
      if (this.#isGone(window)) {
        this.#merging?.set.retire(window)
        continue
      }
      late = false
      this.#addTo(window, value, time)
    }
    this.#saveWindows()
    return late
  }

  #addTo(window: TimeWindow, value: unknown, timestamp: number): void {
    const namespace = this.#naming.namespaceOf(window)
    const contents = this.#contentsOf(window)
    if (contents === undefined) return
    this.#store.add(contents, value, timestamp)
    this.#apply(this.#trigger.onElement(value, timestamp, window, namespace), window, contents)
    const cleanUp = this.#cleanUpTime(window)
    if (cleanUp >= MAX_WATERMARK) return
    if (this.#eventTime) this.#timers.event.add(cleanUp, this.#keys.keyGroup, this.#keys.stateKey, namespace)
    else this.#timers.registerProcessing(cleanUp, this.#keys.keyGroup, this.#keys.stateKey, namespace)
  }

  #onTimer(domain: TimeDomain, timestamp: number, keyGroup: number, key: StateKey, namespace: Namespace): void {
    this.#keys.restore(keyGroup, key)
    this.#loadWindows()
    const window = this.#naming.windowOf(namespace)
    const contents = this.#contentsOf(window)
    // a trigger that left a timer behind when its window merged or ended
    if (contents === undefined) return
    this.#calls.begin(window.end - 1)
    try {
      this.#apply(this.#trigger.onTimer(domain, timestamp, window, namespace), window, contents)
      this.#calls.succeeded()
    } catch (error) {
      this.#calls.failed(error, undefined, this.#keys.key, `${domain}-time timer ${timestamp} of window [${window.start}, ${window.end})`)
    }
    if ((domain === 'event') === this.#eventTime && timestamp === this.#cleanUpTime(window)) {
      this.#store.remove(contents)
      this.#trigger.clear(window, namespace)
      this.#states.clear(namespace)
      this.#merging?.set.retire(window)
    }
    this.#saveWindows()
  }

  #apply(result: TriggerResult, window: TimeWindow, contents: Namespace): void {
    if (result === 'continue') return
    const accumulator = result === 'purge' ? undefined : this.#store.get(contents)
    if (accumulator !== undefined) this.#fire(accumulator, window, contents)
    if (result !== 'fire') this.#store.remove(contents)
  }

  #fire(accumulator: unknown, window: TimeWindow, contents: Namespace): void {
    const { watermark } = this.#work
    if (this.#states.used) this.#states.use(this.#naming.namespaceOf(window))
    const { evict } = this.#contents
    if (evict === undefined) {
      this.#emitter.emitWithin(accumulator, window, watermark)
      return
    }
    const left = evict('before', accumulator, window, watermark)
    this.#emitter.emitWithin(left, window, watermark)
    const kept = evict('after', left, window, watermark)
    if (kept.length === 0) this.#store.remove(contents)
    else this.#store.put(contents, kept)
  }

  /** The namespace of a window's contents; undefined if the window does not exist (any more). */
  #contentsOf(window: TimeWindow): Namespace | undefined {
    if (this.#merging === undefined) return this.#naming.namespaceOf(window)
    const state = this.#merging.set.stateWindow(window)
    return state === undefined ? undefined : this.#naming.namespaceOf(state)
  }

  /** Adds a window to those of the current key: the one it is part of now. */
  #merge(assigned: TimeWindow): TimeWindow {
    if (this.#merging === undefined) return assigned
    const { window, mergedAway, mergedStates } = this.#merging.set.add(assigned)
    if (mergedAway.length === 0) return window
    const namespaces = mergedAway.map((each) => this.#naming.namespaceOf(each))
    this.#trigger.onMerge(window, this.#naming.namespaceOf(window), namespaces)
    mergedAway.forEach((each, index) => {
      const namespace = namespaces[index] as Namespace
      this.#trigger.clear(each, namespace)
      if (this.#eventTime) this.#timers.event.remove(this.#cleanUpTime(each), this.#keys.keyGroup, this.#keys.stateKey, namespace)
      else this.#timers.processing.remove(this.#cleanUpTime(each), this.#keys.keyGroup, this.#keys.stateKey, namespace)
    })
    const contents = this.#contentsOf(window)
    for (const state of mergedStates) if (contents !== undefined) this.#store.merge(contents, this.#naming.namespaceOf(state))
    return window
  }

  #loadWindows(): void {
    this.#merging?.set.load(this.#merging.saved.get(this.#keys.keyGroup, this.#keys.stateKey, null))
  }

  #saveWindows(): void {
    const changes = this.#merging?.set.changes()
    if (changes === undefined) return
    const { keyGroup, stateKey } = this.#keys
    if (changes.length === 0) this.#merging?.saved.remove(keyGroup, stateKey, null)
    else this.#merging?.saved.put(keyGroup, stateKey, null, changes)
  }

  #isGone(window: TimeWindow): boolean {
    return this.#eventTime && this.#cleanUpTime(window) <= this.#work.watermark
  }

  #cleanUpTime(window: TimeWindow): number {
    return window.end - 1 + this.#latenessMs
  }
}

function contentsOf({ function: spec, combined, evictor, elementType }: WindowSpec, context: WindowOpenContext): WindowContents {
  return evictor === undefined ? windowContents(spec, combined === true, context) : evictingContents(spec, evictor as Evictor<unknown>, elementType, context)
}

function requireMergeable(spec: WindowSpec, contents: WindowContents, triggerMerges: boolean, trigger: string, context: OperatorContext): void {
  const at = { operator: context.name, uid: context.uid }
  if (contents.merge === undefined || contents.copy === undefined) {
    const message = `session windows of "${context.name}" need an aggregate with merge, because two sessions become one when a record joins them; add merge(a, b) to the aggregate`
    throw new MillraceError('CORE_NOT_MERGEABLE', message, { origin: 'user', at })
  }
  if (triggerMerges) return
  const message = `the trigger ${trigger} of "${context.name}" has no onMerge and cannot be used with ${spec.assigner.kind} windows, which merge; add onMerge(window, context)`
  throw new MillraceError('CORE_NOT_MERGEABLE', message, { origin: 'user', at })
}

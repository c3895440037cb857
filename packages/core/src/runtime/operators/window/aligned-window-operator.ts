import { MillraceError } from '../../../errors.ts'
import type { TimeWindow } from '../../../functions/window.ts'
import type { WindowSpec } from '../../../graph/operator-spec.ts'
import type { StreamNode } from '../../../graph/stream-graph.ts'
import type { NamespaceCursor, StateTable } from '../../../spi/state-table.ts'
import { KeyContext } from '../key-context.ts'
import { keySelectorOf } from '../key-selector-of.ts'
import type { OperatorContext, StreamOperator } from '../stream-operator.ts'
import { UserCalls } from '../user-calls.ts'
import { WatermarkState } from '../watermark-state.ts'
import { WatermarkWork } from '../watermark-work.ts'
import { requireKeyedState } from '../require-keyed-state.ts'
import { undoableBackend } from '../undo-log.ts'
import { alignedWindows, startOf, type AlignedWindows } from './aligned-windows.ts'
import { AscendingNumbers } from './ascending-numbers.ts'
import { LateElements, requireTimestamp } from './late-elements.ts'
import { scanCursor } from './scan-cursor.ts'
import { SlidingMerge } from './sliding-merge.ts'
import { windowContents, type WindowContents } from './window-contents.ts'
import { WindowEmitter } from './window-emitter.ts'
import { WindowStore } from './window-store.ts'

/** Elements with timestamps in [start, end) go to the panes `targets` and fire the windows `refired` again. */
interface Slice {
  readonly start: number
  readonly end: number
  readonly targets: readonly number[]
  readonly refired: readonly number[]
}

const NO_SLICE: Slice = { start: Infinity, end: -Infinity, targets: [], refired: [] }

/**
 * The window-major path: tumbling and sliding event-time windows with the default trigger.
 *
 * State is kept per pane, then key; there are no timers. A pane is a slice when overlapping windows can share it (sliding
 * with a mergeable aggregate), otherwise a whole window. A watermark fires whole windows. Everything but the panes in
 * state and the watermark is derived from these two, so that a restore needs nothing else.
 */
export class AlignedWindowOperator implements StreamOperator {
  readonly #context: OperatorContext
  readonly #calls: UserCalls
  readonly #keys: KeyContext
  readonly #select: (value: unknown) => unknown
  readonly #windows: AlignedWindows
  readonly #latenessMs: number
  readonly #contents: WindowContents
  readonly #sliced: boolean
  readonly #merge: SlidingMerge | undefined
  readonly #table: StateTable<unknown>
  readonly #store: WindowStore
  readonly #emitter: WindowEmitter
  readonly #late: LateElements
  readonly #work: WatermarkWork
  readonly #watermarks: WatermarkState
  /** Starts of the windows that have elements and have not fired. */
  readonly #unfired = new AscendingNumbers()
  /** Starts of the panes in state. */
  readonly #panes = new AscendingNumbers()
  #firing: { readonly window: TimeWindow; readonly rows: NamespaceCursor<unknown> } | undefined
  #slice: Slice = NO_SLICE
  /** By start; what they say holds until the next watermark. */
  readonly #slices = new Map<number, Slice>()

  constructor(node: StreamNode, spec: WindowSpec, context: OperatorContext) {
    this.#context = context
    this.#calls = new UserCalls(node, context)
    this.#keys = new KeyContext(context)
    this.#select = keySelectorOf(node, 0)
    this.#windows = alignedWindows(spec.assigner)
    this.#latenessMs = spec.allowedLatenessMs
    this.#contents = windowContents(spec.function, spec.combined === true)
    this.#sliced = sharesSlices(spec, this.#windows)
    const { undo } = this.#calls
    const backend = undo === undefined ? requireKeyedState(context) : undoableBackend(requireKeyedState(context), undo)
    this.#table = backend.table({ name: 'window-contents', kind: 'window', valueType: this.#contents.type, layout: 'namespace' })
    const { copy, merge } = this.#contents
    if (this.#sliced && copy !== undefined && merge !== undefined) this.#merge = new SlidingMerge(this.#table, { copy, merge })
    this.#store = new WindowStore(this.#table, this.#contents, this.#keys)
    this.#emitter = new WindowEmitter(this.#contents, this.#keys, this.#calls)
    this.#late = new LateElements(spec, context)
    this.#work = new WatermarkWork(context, (watermark, steps) => this.#fire(watermark, steps))
    this.#watermarks = new WatermarkState(context)
  }

  open(): void {
    this.#work.watermark = this.#watermarks.restored()
    for (const pane of this.#table.namespaces()) {
      this.#panes.add(pane as number)
      this.#forWindowsOf(pane as number, (window) => {
        if (this.#lastTimestamp(window) > this.#work.watermark) this.#unfired.add(window)
      })
    }
  }

  processElement(value: unknown, timestamp: number): void {
    if (this.#work.pending) this.#work.complete()
    if (!(timestamp >= this.#slice.start && timestamp < this.#slice.end) && !this.#enterSlice(value, timestamp)) return
    const { targets, refired } = this.#slice
    const calls = this.#calls
    calls.begin(timestamp)
    this.#keys.clear()
    try {
      this.#keys.use(this.#select(value), value)
      for (let index = 0; index < targets.length; index++) this.#store.add(targets[index] as number, value, timestamp)
    } catch (error) {
      calls.failed(error, value, this.#keys.keyGroup < 0 ? undefined : this.#keys.key)
      return
    }
    calls.succeeded()
    for (let index = 0; index < refired.length; index++) this.#refire(refired[index] as number)
  }

  processWatermark(timestamp: number): void {
    this.#slice = NO_SLICE
    this.#slices.clear()
    this.#work.advance(timestamp)
  }

  processStatus(idle: boolean): void {
    this.#work.complete()
    this.#context.output.emitStatus(idle)
  }

  resume(): void {
    this.#work.resume()
  }

  prepareSnapshot(): void {
    this.#work.complete()
  }

  snapshot(): void {
    this.#watermarks.snapshot(this.#work.watermark)
  }

  /** Finds the windows of a timestamp, or rejects the element if all of them are gone. */
  #enterSlice(value: unknown, timestamp: number): boolean {
    requireTimestamp(value, timestamp, this.#context)
    const start = startOf(timestamp, this.#windows.slice, this.#windows.offset)
    const slice = this.#slices.get(start) ?? this.#findWindows(start)
    if (slice.targets.length > 0) {
      this.#slice = slice
      this.#slices.set(start, slice)
      return true
    }
    if (timestamp + this.#latenessMs <= this.#work.watermark) this.#late.reject(value, timestamp)
    return false
  }

  #findWindows(start: number): Slice {
    const { size, slide, offset, slice } = this.#windows
    const watermark = this.#work.watermark
    const windows: number[] = []
    const refired: number[] = []
    for (let window = startOf(start, slide, offset); window > start - size; window -= slide) {
      const last = this.#lastTimestamp(window)
      if (last + this.#latenessMs <= watermark) break
      windows.push(window)
      if (last <= watermark) refired.push(window)
      else this.#unfired.add(window)
    }
    const targets = this.#sliced && windows.length > 0 ? [start] : windows.reverse()
    for (const pane of targets) this.#panes.add(pane)
    this.#merge?.invalidate(start)
    return { start, end: start + slice, targets, refired: refired.reverse() }
  }

  /** A late element that is still allowed: its own key fires again. */
  #refire(start: number): void {
    const panes = this.#panesOf(start)
    const accumulators = panes.map((pane) => this.#store.get(pane)).filter((accumulator) => accumulator !== undefined)
    if (accumulators.length === 0) return
    const { copy, merge } = this.#contents
    const [first, ...rest] = accumulators
    const whole = rest.length === 0 || copy === undefined || merge === undefined ? first : rest.reduce(merge, copy(first))
    this.#emitter.emit(whole, this.#window(start), this.#work.watermark)
  }

  #fire(watermark: number, steps: number): boolean {
    for (let left = steps; left > 0; left--) {
      if (this.#firing === undefined) {
        const start = this.#unfired.first
        if (this.#lastTimestamp(start) > watermark) {
          this.#purge(watermark)
          return true
        }
        this.#unfired.removeFirst()
        this.#firing = { window: this.#window(start), rows: this.#rows(start) }
      }
      const { rows, window } = this.#firing
      if (rows.next()) {
        this.#keys.restore(rows.keyGroup, rows.key)
        this.#emitter.emit(rows.value, window, watermark)
      } else {
        this.#firing = undefined
      }
    }
    return false
  }

  #rows(start: number): NamespaceCursor<unknown> {
    if (this.#merge !== undefined) return this.#merge.rows(this.#panesOf(start))
    return this.#latenessMs === 0 ? this.#table.drain(start) : scanCursor(this.#table, start)
  }

  /** Drops the panes that no window needs any more. */
  #purge(watermark: number): void {
    while (this.#lastTimestamp(this.#lastWindowOf(this.#panes.first)) + this.#latenessMs <= watermark) {
      const rows = this.#table.drain(this.#panes.first)
      while (rows.next());
      this.#panes.removeFirst()
    }
  }

  #panesOf(window: number): readonly number[] {
    if (!this.#sliced) return [window]
    const panes: number[] = []
    for (let pane = window; pane < window + this.#windows.size; pane += this.#windows.slice) if (this.#panes.has(pane)) panes.push(pane)
    return panes
  }

  #forWindowsOf(pane: number, visit: (window: number) => void): void {
    if (!this.#sliced) visit(pane)
    else for (let window = this.#lastWindowOf(pane); window > pane - this.#windows.size; window -= this.#windows.slide) visit(window)
  }

  #lastWindowOf(pane: number): number {
    return this.#sliced ? startOf(pane, this.#windows.slide, this.#windows.offset) : pane
  }

  #lastTimestamp(window: number): number {
    return window + this.#windows.size - 1
  }

  #window(start: number): TimeWindow {
    return { start, end: start + this.#windows.size }
  }
}

/**
 * Overlapping windows of a mergeable aggregate share slices. Not so a reduce: merging slices changes the order in which
 * values are combined, which a function such as "the latest one" would show.
 */
function sharesSlices(spec: WindowSpec, windows: AlignedWindows): boolean {
  if (spec.function.kind === 'process') throw new MillraceError('CORE_INVALID_WINDOW', 'process window functions go the key-major way', { origin: 'engine' })
  return windows.slide < windows.size && spec.function.kind === 'aggregate' && spec.function.aggregate.merge !== undefined
}

import type { WindowSpec } from '../../../graph/operator-spec.ts'
import type { StreamNode } from '../../../graph/stream-graph.ts'
import type { StateKey } from '../../../spi/keyed-state-backend.ts'
import type { StateTable } from '../../../spi/state-table.ts'
import { MAX_WATERMARK } from '../../time/timestamps.ts'
import { TimerService } from '../../time/timer-service.ts'
import { KeyContext } from '../key-context.ts'
import { keySelectorOf } from '../key-selector-of.ts'
import { requireKeyedState } from '../require-keyed-state.ts'
import type { OperatorContext, StreamOperator } from '../stream-operator.ts'
import { undoableBackend } from '../undo-log.ts'
import { UserCalls } from '../user-calls.ts'
import { WatermarkState } from '../watermark-state.ts'
import { WatermarkWork } from '../watermark-work.ts'
import { LateElements, requireTimestamp } from './late-elements.ts'
import { type Session, SessionJoin, sessionsType } from './open-sessions.ts'
import { windowContents, type WindowContents } from './window-contents.ts'
import { WindowEmitter } from './window-emitter.ts'

/**
 * The short path of event-time sessions with a fixed gap, the default trigger and a mergeable function: all open sessions of a
 * key in one value, so that a record that extends one costs a single look-up. A timer stays where it was set when its
 * session grows; when it is due it moves on to where the session ends by then.
 */
export class SessionWindowOperator implements StreamOperator {
  readonly #context: OperatorContext
  readonly #calls: UserCalls
  readonly #keys: KeyContext
  readonly #select: (value: unknown) => unknown
  readonly #gapMs: number
  readonly #latenessMs: number
  readonly #contents: WindowContents
  readonly #table: StateTable<Session[]>
  readonly #join: SessionJoin
  readonly #emitter: WindowEmitter
  readonly #late: LateElements
  readonly #work: WatermarkWork
  readonly #watermarks: WatermarkState
  readonly #timers: TimerService

  constructor(node: StreamNode, spec: WindowSpec, gapMs: number, context: OperatorContext) {
    this.#context = context
    this.#calls = new UserCalls(node, context)
    const { undo } = this.#calls
    const backend = undo === undefined ? requireKeyedState(context) : undoableBackend(requireKeyedState(context), undo)
    this.#keys = new KeyContext(context)
    this.#select = keySelectorOf(node, 0)
    this.#gapMs = gapMs
    this.#latenessMs = spec.allowedLatenessMs
    this.#contents = windowContents(spec.function, spec.combined === true)
    this.#table = backend.table({ name: 'sessions', kind: 'value', valueType: sessionsType(this.#contents.type), layout: 'key' })
    this.#join = new SessionJoin(this.#contents)
    this.#emitter = new WindowEmitter(this.#contents, this.#keys, this.#calls)
    this.#late = new LateElements(spec, context)
    this.#work = new WatermarkWork(context, (watermark, steps) => this.#timers.fireEvent(watermark, steps))
    this.#watermarks = new WatermarkState(context)
    this.#timers = new TimerService(backend, {
      onTimer: (_domain, timestamp, keyGroup, key) => this.#onTimer(timestamp, keyGroup, key),
      scheduleProcessingTime: () => {},
    })
  }

  open(): void {
    this.#work.watermark = this.#watermarks.restored()
  }

  processElement(value: unknown, timestamp: number): void {
    if (this.#work.pending) this.#work.complete()
    requireTimestamp(value, timestamp, this.#context)
    const calls = this.#calls
    calls.begin(timestamp)
    this.#keys.clear()
    let session: Session | undefined
    try {
      this.#keys.use(this.#select(value), value)
      session = this.#add(value, timestamp)
    } catch (error) {
      calls.failed(error, value, this.#keys.keyGroup < 0 ? undefined : this.#keys.key)
      return
    }
    calls.succeeded()
    if (session === undefined) this.#rejectIfLate(value, timestamp)
    else if (session.end - 1 <= this.#work.watermark) this.#emit(session)
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

  prepareSnapshot(): void {
    this.#work.complete()
  }

  snapshot(): void {
    this.#watermarks.snapshot(this.#work.watermark)
  }

  /** The session the element is part of now; undefined if that would be over already. */
  #add(value: unknown, timestamp: number): Session | undefined {
    const { keyGroup, stateKey } = this.#keys
    const { watermark } = this.#work
    const end = timestamp + this.#gapMs
    const open = this.#table.getForUpdate(keyGroup, stateKey, null)
    const join = this.#join
    if (open !== undefined && join.join(open, timestamp, end)) {
      const session = join.session as Session
      session.contents = this.#contents.add(value, session.contents, timestamp)
      // all it touched had fired, and waited for their clean-up only
      if (join.endBefore - 1 <= watermark && session.end - 1 > watermark) this.#setTimer(session, watermark)
      return session
    }
    if (this.#goneAt(end) <= watermark) return undefined
    const session: Session = { start: timestamp, end, contents: this.#contents.first(value, timestamp) }
    if (open === undefined) this.#table.put(keyGroup, stateKey, null, [session])
    else open.push(session)
    this.#setTimer(session, watermark)
    return session
  }

  #onTimer(time: number, keyGroup: number, key: StateKey): void {
    this.#keys.restore(keyGroup, key)
    const open = this.#table.get(keyGroup, key, null) ?? []
    let gone = 0
    for (const session of open) {
      if (this.#goneAt(session.end) <= time) gone++
      else this.#setTimer(session, time)
    }
    if (gone === open.length) this.#table.remove(keyGroup, key, null)
    else if (gone > 0) this.#table.put(keyGroup, key, null, open.filter((session) => this.#goneAt(session.end) > time))
    for (const session of open) if (session.end - 1 === time) this.#emit(session)
  }

  /** Where the session fires or, after that, where it is gone. */
  #setTimer({ end }: Session, now: number): void {
    const next = end - 1 > now ? end - 1 : this.#goneAt(end)
    if (next < MAX_WATERMARK) this.#timers.event.add(next, this.#keys.keyGroup, this.#keys.stateKey, null)
  }

  #emit(session: Session): void {
    const { contents, start, end } = session
    this.#emitter.emit(contents, { start, end }, this.#work.watermark)
  }

  #rejectIfLate(value: unknown, timestamp: number): void {
    if (timestamp + this.#latenessMs <= this.#work.watermark) this.#late.reject(value, timestamp)
  }

  #goneAt(end: number): number {
    return end - 1 + this.#latenessMs
  }
}

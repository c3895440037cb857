import type { OperatorListState } from '../../../functions/process-function.ts'
import type { WindowStagger } from '../../../functions/window.ts'
import { finish, mixWord, MURMUR3_SEED } from '../../../types/murmur3.ts'
import { list } from '../../../types/collection-types.ts'
import { long } from '../../../types/number-types.ts'
import type { OperatorContext } from '../stream-operator.ts'
import { startOf } from './aligned-windows.ts'

/**
 * Moves the windows of each key group by an offset of its own, so that they do not all fire at once. Offsets belong to key
 * groups and not to subtasks: they stay what they are when the job is rescaled or restored.
 */
export class WindowOffsets {
  readonly #context: OperatorContext
  readonly #stagger: WindowStagger
  readonly #periodMs: number
  readonly #alignedMs: number
  readonly #state: OperatorListState<readonly number[]>
  readonly #offsets = new Map<number, number>()

  constructor(stagger: WindowStagger, periodMs: number, alignedMs: number, context: OperatorContext) {
    this.#context = context
    this.#stagger = stagger
    this.#periodMs = periodMs
    this.#alignedMs = alignedMs
    this.#state = context.operatorState.list('window-offsets', list(long()), 'union')
    const { start, end } = context.keyGroupRange
    for (const [keyGroup = -1, offset = 0] of this.#state.get()) if (keyGroup >= start && keyGroup <= end) this.#offsets.set(keyGroup, offset)
  }

  offsetOf(keyGroup: number): number {
    let offset = this.#offsets.get(keyGroup)
    if (offset === undefined) this.#offsets.set(keyGroup, (offset = this.#alignedMs + this.#chosen(keyGroup)))
    return offset
  }

  snapshot(): void {
    this.#state.update([...this.#offsets])
  }

  /** 0 to `periodMs` − 1. */
  #chosen(keyGroup: number): number {
    // `natural`: windows begin when the first record of the key group came, as seen by processing time
    if (this.#stagger === 'natural') return this.#context.now() - startOf(this.#context.now(), this.#periodMs, this.#alignedMs)
    return (finish(mixWord(MURMUR3_SEED, keyGroup), 4) >>> 0) % this.#periodMs
  }
}

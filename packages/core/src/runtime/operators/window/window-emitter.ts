import type { TimeWindow } from '../../../functions/window.ts'
import type { KeyContext } from '../key-context.ts'
import type { UserCalls } from '../user-calls.ts'
import type { WindowContents } from './window-contents.ts'

/** Gives the results of fired windows, stamped with the last timestamp of their window. */
export class WindowEmitter {
  readonly #contents: WindowContents
  readonly #keys: KeyContext
  readonly #calls: UserCalls

  constructor(contents: WindowContents, keys: KeyContext, calls: UserCalls) {
    this.#contents = contents
    this.#keys = keys
    this.#calls = calls
  }

  /** The result of the current key's window, as a call of its own. */
  emit(accumulator: unknown, window: TimeWindow, watermark: number): void {
    const calls = this.#calls
    calls.begin(window.end - 1)
    try {
      this.#contents.emit(accumulator, this.#keys, window, watermark, calls.output)
    } catch (error) {
      calls.failed(error, undefined, this.#keys.key, `window [${window.start}, ${window.end})`)
      return
    }
    calls.succeeded()
  }

  /** The same within a call that is under way. */
  emitWithin(accumulator: unknown, window: TimeWindow, watermark: number): void {
    const { output } = this.#calls
    const { timestamp } = output
    output.timestamp = window.end - 1
    this.#contents.emit(accumulator, this.#keys, window, watermark, output)
    output.timestamp = timestamp
  }
}

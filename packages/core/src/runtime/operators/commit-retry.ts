import { describeError, MillraceError } from '../../errors.ts'
import type { Committer } from '../../spi/sink.ts'
import type { OperatorContext } from './stream-operator.ts'

const MAX_ATTEMPTS = 10
const FIRST_DELAY_MS = 100
const MAX_DELAY_MS = 10_000

/**
 * Commits, and tries again after retryable failures: up to 10 times over about 40 seconds, then CORE_COMMIT_FAILED. While a
 * retry is due the task takes no input.
 */
export class CommitRetry {
  readonly #context: OperatorContext
  readonly #committer: Committer<unknown>
  #due: { readonly at: number; readonly run: () => void } | undefined

  constructor(context: OperatorContext, committer: Committer<unknown>) {
    this.#context = context
    this.#committer = committer
  }

  /**
   * Resolves after the first attempt. `done` is called when everything is committed: at once, or after a retry that runs
   * while the task waits through `context.await`.
   */
  async commit(committables: readonly unknown[], done: () => void): Promise<void> {
    if (await this.#attempt(committables, 1)) {
      done()
      return
    }
    this.#context.await(this.#retry(committables).then(done))
  }

  onProcessingTime(now: number): void {
    if (this.#due === undefined) return
    if (now < this.#due.at) {
      this.#context.scheduleProcessingTime(this.#due.at)
      return
    }
    const { run } = this.#due
    this.#due = undefined
    run()
  }

  async #retry(committables: readonly unknown[]): Promise<void> {
    for (let attempt = 2; ; attempt++) {
      await this.#sleep(Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 2)))
      this.#context.signal.throwIfAborted()
      if (await this.#attempt(committables, attempt)) return
    }
  }

  #sleep(delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const at = this.#context.now() + delayMs
    this.#due = { at, run: resolve }
    this.#context.signal.addEventListener('abort', () => resolve(), { once: true })
    this.#context.scheduleProcessingTime(at)
    return promise
  }

  /** False: failed, and worth another attempt. */
  async #attempt(committables: readonly unknown[], attempt: number): Promise<boolean> {
    try {
      await this.#committer.commit(committables)
      return true
    } catch (error) {
      const { name, uid, subtaskIndex, logger } = this.#context
      const at = { operator: name, uid, subtask: subtaskIndex }
      if (!MillraceError.is(error) || !error.retryable || attempt >= MAX_ATTEMPTS) {
        const message = `sink "${name}" could not commit ${committables.length} committables (attempt ${attempt} of ${MAX_ATTEMPTS}): ${describeError(error)}. They stay in the last checkpoint and are committed again when the job is restored from it`
        throw new MillraceError('CORE_COMMIT_FAILED', message, { origin: MillraceError.is(error) ? error.origin : 'external', retryable: true, at, cause: error })
      }
      logger.warn({ ...at, code: error.code, attempt }, `commit failed and will be tried again: ${error.message}`)
      return false
    }
  }
}

import { describeError, MillraceError } from '../../errors.ts'
import type { Committer } from '../../spi/sink.ts'
import type { OperatorContext } from './stream-operator.ts'

const MAX_ATTEMPTS = 10
const FIRST_DELAY_MS = 100
const MAX_DELAY_MS = 10_000

/**
 * Commits, and tries again after retryable failures: up to 10 times over about 40 seconds, then CORE_COMMIT_FAILED. Its task
 * waits for it, so that meanwhile no input is taken.
 */
export class CommitRetry {
  readonly #context: OperatorContext
  readonly #committer: Committer<unknown>

  constructor(context: OperatorContext, committer: Committer<unknown>) {
    this.#context = context
    this.#committer = committer
  }

  async commit(committables: readonly unknown[]): Promise<void> {
    for (let attempt = 1; !(await this.#attempt(committables, attempt)); attempt++) {
      await this.#context.sleep(Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1)))
      this.#context.signal.throwIfAborted()
    }
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

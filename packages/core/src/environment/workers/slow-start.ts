import { MillraceError } from '../../errors.ts'
import { stackOfWorker } from './stack-of-worker.ts'

/** How long reading a stack may take. */
const STACK_TIMEOUT_MS = 3_000

/**
 * Why a worker that has not loaded the job within `limitMs` has to be ended. `loadedBefore`: others have, so that it may be
 * the machine, and another try may succeed.
 */
export async function slowStartError(threadId: number, limitMs: number, loadedBefore: boolean): Promise<MillraceError> {
  const stack = await stackOfWorker(threadId, STACK_TIMEOUT_MS)
  const found =
    stack === undefined
      ? 'no function runs in it: it waits for a top-level await of the job module or of millrace.config.ts, or for the checkpoint storage to open, or is in native code'
      : `it was at ${stack.frames.join(' < ')}`
  const message = `A worker thread did not load the job within ${limitMs} ms; ${found}. Let nothing happen when the modules are imported, or raise workerStartTimeout`
  return new MillraceError('CORE_WORKER_START_TIMEOUT', message, { origin: 'user', retryable: loadedBefore })
}

import type { MillraceError } from '../../errors.ts'
import type { ExecutorId, FromExecutor, ToExecutor } from '../protocol.ts'

/** What happens on the executors, in order for each of them. Called from the coordinator's event loop, never from within `send`. */
export interface ExecutorEvents {
  received(executor: ExecutorId, message: FromExecutor): void
  /** It is gone with all tasks it hosted, and will send nothing more. `start` makes another one in its place. */
  lost(executor: ExecutorId, error: MillraceError): void
}

/** The executors of one job, for all its attempts. */
export interface ExecutorPool {
  /** Starts those that do not run. Rejects with what keeps one from starting; may be called again. */
  start(): Promise<void>
  /** Messages to one executor arrive in order; those to a lost one vanish, but a deployment to it makes `lost` be called for it. */
  send(executor: ExecutorId, message: ToExecutor): void
  /** After the last attempt. */
  close(): Promise<void>
}

import type { ExecutorEvents, ExecutorPool } from '../runtime/coordinator/executor-pool.ts'
import type { TaskExecutor } from '../runtime/executor/task-executor.ts'
import type { FromExecutor } from '../runtime/protocol.ts'

/** One executor in this thread. Messages are delivered after the sender's turn, as they would be from another thread. */
export function localExecutor(events: ExecutorEvents, create: (send: (message: FromExecutor) => void) => TaskExecutor): ExecutorPool {
  const executor = create((message) => queueMicrotask(() => events.received(0, message)))
  return {
    start: () => Promise.resolve(),
    send: (_executor, message) => queueMicrotask(() => executor.receive(message)),
    close: () => Promise.resolve(),
  }
}

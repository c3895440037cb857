import type { ExecutorEvents, ExecutorPool } from '../runtime/coordinator/executor-pool.ts'
import type { TaskExecutor } from '../runtime/executor/task-executor.ts'
import type { ExecutorId, FromExecutor } from '../runtime/protocol.ts'
import type { RemoteChannels } from './workers/remote-channels.ts'

const LOCAL: ExecutorId = 0

/**
 * One executor in this thread. Messages are delivered after the sender's turn, as they would be from another thread.
 * `channels`: to executors in other threads, if there are any.
 */
export function localExecutor(events: ExecutorEvents, create: (send: (message: FromExecutor) => void) => TaskExecutor, channels?: RemoteChannels): ExecutorPool {
  const executor = create((message) => queueMicrotask(() => events.received(LOCAL, message)))
  return {
    start: () => Promise.resolve(),
    send(_executor, message) {
      const remote = message.kind === 'deploy' ? channels?.of(LOCAL, message) : undefined
      queueMicrotask(() => executor.receive(message, remote))
    },
    close: () => Promise.resolve(),
  }
}

/** The executor in this thread and those in workers as one pool: what a job needs whose sources or sinks alone have threads. */
export function besideWorkers(local: ExecutorPool, workers: ExecutorPool): ExecutorPool {
  return {
    start: () => workers.start(),
    send: (executor, message) => (executor === LOCAL ? local : workers).send(executor, message),
    close: () => workers.close(),
  }
}

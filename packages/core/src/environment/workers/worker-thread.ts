import { Worker } from 'node:worker_threads'
import { MillraceError } from '../../errors.ts'
import type { RemoteChannelHandle } from '../../runtime/network/remote-channel.ts'
import type { FromExecutor, ToExecutor } from '../../runtime/protocol.ts'
import { FROM_EXECUTOR } from '../../runtime/protocol/message-shapes.ts'
import { createMessageReader, createMessageWriter } from '../../runtime/protocol/message-stream.ts'
import type { FromWorker, PostedFromWorker, PostedToWorker, ToWorker } from './worker-message.ts'
import type { WorkerInit } from './worker-init.ts'

export interface WorkerThreadOptions {
  readonly init: WorkerInit
  /** MiB; undefined: Node's default. */
  readonly heapLimitMb: number | undefined
  readonly onMessage: (message: FromWorker) => void
  /** It has ended, for whatever reason; called once. */
  readonly onExit: (error: MillraceError) => void
}

/** One worker as the main thread sees it. */
export interface WorkerThread {
  readonly threadId: number
  post(message: ToWorker): void
  /** Ends it at once, also in an endless loop. `reason` is what `onExit` gets. */
  terminate(reason: MillraceError): void
  /** Resolves when it has ended. */
  readonly exited: Promise<void>
}

export function startWorkerThread({ init, heapLimitMb, onMessage, onExit }: WorkerThreadOptions): WorkerThread {
  const worker = createWorker(init, heapLimitMb)
  const exited = Promise.withResolvers<void>()
  let reason: MillraceError | undefined
  const terminate = (because: MillraceError): void => {
    reason ??= because
    void worker.terminate()
  }
  const post = (message: PostedToWorker, transfer: readonly ArrayBuffer[] = []): void => worker.postMessage(message, transfer)
  let channels: readonly RemoteChannelHandle[] = []
  const write = createMessageWriter<ToExecutor>((frame) => post({ kind: 'frame', frame, channels }, [frame.buffer]))
  const read = createMessageReader<FromExecutor>(FROM_EXECUTOR, (message) => onMessage({ kind: 'message', message }))
  worker.on('message', (posted: PostedFromWorker) => {
    try {
      if (posted.kind === 'frame') read(posted.frame)
      else onMessage(posted)
    } catch (error) {
      terminate(MillraceError.wrap(error, 'CORE_WORKER_FAILED', 'What a worker thread sent could not be handled', { origin: 'engine' }))
    }
  })
  worker.on('error', (error) => (reason ??= failureOf(error, heapLimitMb)))
  worker.on('exit', (code) => {
    onExit(reason ?? exitError(code))
    exited.resolve()
  })
  return {
    threadId: worker.threadId,
    post(message) {
      if (message.kind !== 'message') return post(message)
      channels = message.channels
      write(message.message)
    },
    terminate,
    exited: exited.promise,
  }
}

function createWorker(init: WorkerInit, heapLimitMb: number | undefined): Worker {
  try {
    return new Worker(new URL(import.meta.resolve('#worker')), {
      workerData: init,
      name: `millrace worker ${init.executor}`,
      ...(heapLimitMb === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: heapLimitMb } }),
    })
  } catch (error) {
    throw MillraceError.wrap(error, 'CORE_WORKER_START', 'A worker thread could not be started; the parameters of a job that runs in workers must be plain data', { origin: 'user' })
  }
}

function failureOf(error: unknown, heapLimitMb: number | undefined): MillraceError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    const limit = heapLimitMb === undefined ? "Node's default limit" : `its limit of ${heapLimitMb} MiB`
    const message = `A worker thread ran out of heap at ${limit}. Raise workerHeapMb, keep state on disk with another state backend, or look for a function of the job that keeps what it has seen`
    return new MillraceError('CORE_WORKER_OUT_OF_MEMORY', message, { origin: 'user' })
  }
  return MillraceError.wrap(error, 'CORE_WORKER_FAILED', 'A worker thread ended because code of the job threw outside of any call by the engine, in a timer or a promise that nobody awaits', { origin: 'user' })
}

function exitError(code: number): MillraceError {
  return new MillraceError('CORE_WORKER_EXITED', `A worker thread ended with exit code ${code} before its job did; code of the job must not call process.exit`, { origin: 'user', retryable: true })
}

import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import { MillraceError } from '../../errors.ts'
import { createWorkerHost } from './worker-host.ts'
import type { WorkerInit } from './worker-init.ts'
import type { FromWorker, ToWorker } from './worker-message.ts'

/** The entry of a worker thread: hosts tasks of one job until it is told to shut down. */
async function runWorker(init: WorkerInit, port: MessagePort): Promise<void> {
  const post = (message: FromWorker): void => port.postMessage(message)
  // Keeps the thread alive until it closes, and messages in order from the first.
  const early: ToWorker[] = []
  port.on('message', (message: ToWorker) => early.push(message))
  try {
    const host = await createWorkerHost(init, (message) => post({ kind: 'message', message }))
    const handle = (message: ToWorker): void => {
      if (message.kind === 'message') return host.receive(message.message, message.channels)
      host.stop()
      port.close()
    }
    port.removeAllListeners('message')
    port.on('message', handle)
    post({ kind: 'ready' })
    early.forEach(handle)
  } catch (error) {
    post({ kind: 'refused', error: MillraceError.toWire(error) })
    port.close()
  }
}

if (parentPort !== null) void runWorker(workerData as WorkerInit, parentPort)

import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import { MillraceError } from '../../errors.ts'
import type { RemoteChannelHandle } from '../../runtime/network/remote-channel.ts'
import type { FromExecutor, ToExecutor } from '../../runtime/protocol.ts'
import { TO_EXECUTOR } from '../../runtime/protocol/message-shapes.ts'
import { createMessageReader, createMessageWriter } from '../../runtime/protocol/message-stream.ts'
import { createWorkerHost } from './worker-host.ts'
import type { WorkerInit } from './worker-init.ts'
import type { PostedFromWorker, PostedToWorker } from './worker-message.ts'

/** The entry of a worker thread: hosts tasks of one job until it is told to shut down. */
async function runWorker(init: WorkerInit, port: MessagePort): Promise<void> {
  const post = (message: PostedFromWorker, transfer: readonly ArrayBuffer[] = []): void => port.postMessage(message, transfer)
  const write = createMessageWriter<FromExecutor>((frame) => post({ kind: 'frame', frame }, [frame.buffer]))
  // Keeps the thread alive until it closes, and messages in order from the first.
  const early: PostedToWorker[] = []
  port.on('message', (posted: PostedToWorker) => early.push(posted))
  try {
    const host = await createWorkerHost(init, write)
    let channels: readonly RemoteChannelHandle[] = []
    const read = createMessageReader<ToExecutor>(TO_EXECUTOR, (message) => host.receive(message, channels))
    const handle = (posted: PostedToWorker): void => {
      if (posted.kind === 'frame') {
        channels = posted.channels
        return read(posted.frame)
      }
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

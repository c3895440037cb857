import type { Socket } from 'node:net'
import { FrameReader } from './frame-reader.ts'
import { openSocket, type SocketOptions } from './open-socket.ts'
import type { Wire } from './wire.ts'

interface Pending {
  readonly correlationId: number
  readonly timer: NodeJS.Timeout
  resolve(answer: Buffer): void
  reject(error: Error): void
}

const NOTHING = Buffer.alloc(0)
const MAX_CORRELATION_ID = 2 ** 31 - 1
const CORRELATION_ID_BYTES = 4
const LENGTH_BYTES = 4
/** Length, api key, api version, correlation id, length of the client id. */
const FIXED_HEADER_BYTES = 14

/** Connects a socket and speaks Kafka's framing on it. Rejects with the socket's error, or if it takes longer than `timeoutMs`. */
export async function openSocketWire(options: SocketOptions, clientId: string, timeoutMs: number): Promise<Wire> {
  const pending: Pending[] = []
  let nextCorrelationId = 0
  let failure: Error | undefined

  /** Answers come in order: behind one that does not come, or is none, there will be no other. */
  const fail = (error: Error): void => {
    failure ??= error
    socket.destroy()
    connecting.reject(failure)
    for (const { timer, reject } of pending.splice(0)) {
      clearTimeout(timer)
      reject(failure)
    }
  }

  const received = (frame: Buffer): void => {
    const [first] = pending
    const correlationId = frame.readInt32BE(0)
    if (first?.correlationId !== correlationId) return fail(new Error(`an answer to request ${correlationId} came where one to ${first?.correlationId ?? 'none'} was due`))
    pending.shift()
    clearTimeout(first.timer)
    first.resolve(frame.subarray(CORRELATION_ID_BYTES))
  }

  const reader = new FrameReader(received)
  const receiver = {
    space: () => reader.space(),
    received(bytes: number) {
      try {
        reader.advance(bytes)
      } catch (error) {
        fail(error as Error)
      }
    },
  }
  const connecting = Promise.withResolvers<void>()
  const timer = setTimeout(() => fail(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs)
  const socket = openSocket(options, receiver, connecting.resolve)
  socket.on('error', fail)
  socket.on('end', () => fail(new Error('the broker closed the connection')))
  socket.on('close', () => fail(new Error('the connection was closed')))
  await connecting.promise.finally(() => clearTimeout(timer))

  return {
    get open() {
      return failure === undefined
    },
    request: ({ apiKey, apiVersion, body, timeoutMs: answerMs, answered }) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) return reject(failure)
        const correlationId = nextCorrelationId
        nextCorrelationId = correlationId === MAX_CORRELATION_ID ? 0 : correlationId + 1
        const frame = [headerOf(apiKey, apiVersion, correlationId, clientId, body), ...body]
        if (!answered) return write(socket, frame, (error) => (error instanceof Error ? reject(failure ?? error) : resolve(NOTHING)))
        const overdue = setTimeout(() => fail(new Error(`no answer within ${answerMs} ms`)), answerMs)
        pending.push({ correlationId, timer: overdue, resolve, reject })
        write(socket, frame)
      }),
    close: () => fail(new Error('the connection was closed')),
  }
}

/** In one system call, without a copy. Errors come as events as well. */
function write(socket: Socket, frame: readonly Uint8Array[], done?: (error?: Error | null) => void): void {
  socket.cork()
  frame.forEach((part, index) => socket.write(part, index === frame.length - 1 ? done : undefined))
  socket.uncork()
}

function headerOf(apiKey: number, apiVersion: number, correlationId: number, clientId: string, body: readonly Uint8Array[]): Buffer {
  const idBytes = Buffer.byteLength(clientId)
  const header = Buffer.allocUnsafe(FIXED_HEADER_BYTES + idBytes)
  header.writeInt32BE(body.reduce((sum, part) => sum + part.length, header.length - LENGTH_BYTES), 0)
  header.writeInt16BE(apiKey, 4)
  header.writeInt16BE(apiVersion, 6)
  header.writeInt32BE(correlationId, 8)
  header.writeInt16BE(idBytes, 12)
  header.write(clientId, FIXED_HEADER_BYTES)
  return header
}

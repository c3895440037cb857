import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { FrameReader } from '../../../src/client/cluster/frame-reader.ts'
import { openSocketWire } from '../../../src/client/cluster/socket-wire.ts'
import type { Wire, WireRequest } from '../../../src/client/cluster/wire.ts'

const opened: Wire[] = []
const sockets = new Set<Socket>()
const servers: ReturnType<typeof createServer>[] = []

afterEach(async () => {
  for (const wire of opened.splice(0)) wire.close()
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  await Promise.all(servers.splice(0).map((server) => once(server.close(), 'close')))
})

/** A server that is handed each request, without its length. */
async function wireTo(answer: (request: Buffer, socket: Socket) => void): Promise<Wire> {
  const server = createServer((socket) => {
    sockets.add(socket)
    const reader = new FrameReader((frame) => answer(frame, socket))
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      for (let at = 0; at < bytes.length;) {
        const count = bytes.copy(reader.space(), 0, at)
        reader.advance(count)
        at += count
      }
    })
  })
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const wire = await openSocketWire({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, tls: undefined }, 'tests', 5000)
  opened.push(wire)
  return wire
}

function answered(socket: Socket, correlationId: number, content: Buffer): void {
  const head = Buffer.alloc(8)
  head.writeInt32BE(content.length + 4)
  head.writeInt32BE(correlationId, 4)
  socket.write(Buffer.concat([head, content]))
}

function request(...body: readonly Uint8Array[]): WireRequest {
  return { apiKey: 3, apiVersion: 7, body, timeoutMs: 5000, answered: true }
}

describe('a wire', () => {
  test('sends header and parts as they are, and hands each answer to who asked', async () => {
    const wire = await wireTo((frame, socket) => {
      expect([frame.readInt16BE(0), frame.readInt16BE(2), frame.readInt16BE(8), frame.toString('utf8', 10, 15)]).toEqual([3, 7, 5, 'tests'])
      answered(socket, frame.readInt32BE(4), frame.subarray(15))
    })
    const large = Buffer.alloc(3 << 20, 'x')
    const answers = await Promise.all([wire.request(request(Buffer.from('a'), Buffer.from('b'))), wire.request(request(large, Buffer.from('end'))), wire.request(request())])
    expect(answers.map(String)).toEqual(['ab', `${String(large)}end`, ''])
  })

  test('resolves when a request without an answer is sent', async () => {
    const received: string[] = []
    const wire = await wireTo((frame, socket) => {
      received.push(String(frame.subarray(15)))
      if (received.length === 2) answered(socket, frame.readInt32BE(4), Buffer.alloc(0))
    })
    expect(await wire.request({ ...request(Buffer.from('posted')), answered: false })).toHaveLength(0)
    await wire.request(request(Buffer.from('asked')))
    expect(received).toEqual(['posted', 'asked'])
  })

  test.for<readonly [name: string, answer: (request: Buffer, socket: Socket) => void, message: RegExp, timeoutMs?: number]>([
    ['the broker closes it', (_, socket) => void socket.end(), /closed the connection/],
    ['the broker dies', (_, socket) => socket.resetAndDestroy(), /ECONNRESET/],
    ['an answer has the wrong number', (frame, socket) => answered(socket, frame.readInt32BE(4) + 5, Buffer.alloc(1)), /answer to request 5 came where one to 0 was due/],
    ['the other side speaks something else', (_, socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'), /Is this address a Kafka broker/],
    ['no answer comes', () => {}, /no answer within 50 ms/, 50],
  ])('breaks for all requests when %s', async ([, answer, message, timeoutMs = 5000]) => {
    const wire = await wireTo(answer)
    const requests = [wire.request({ ...request(), timeoutMs }), wire.request(request())]
    for (const result of await Promise.allSettled(requests)) expect(result).toMatchObject({ status: 'rejected', reason: { message: expect.stringMatching(message) as string } })
    expect(wire.open).toBe(false)
    await expect(wire.request(request())).rejects.toThrow(message)
  })

  test('rejects what is under way when it is closed', async () => {
    const wire = await wireTo(() => {})
    const waiting = wire.request(request())
    wire.close()
    await expect(waiting).rejects.toThrow('the connection was closed')
  })
})

import { once } from 'node:events'
import { Agent, createServer, request as httpRequest } from 'node:http'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { s3Operation } from './s3-operation.ts'

export type Fault =
  /** 503 before the store has seen anything. */
  | { readonly kind: 'slowDown' }
  /** The connection ends before the store has seen anything. */
  | { readonly kind: 'reset' }
  /** The store does what it was asked for, and the connection ends instead of an answer. */
  | { readonly kind: 'lostAnswer' }
  /** The connection ends after so much of the content; default: half. */
  | { readonly kind: 'truncated'; readonly bytes?: number }
  /** The answer comes later. */
  | { readonly kind: 'slowFirstByte'; readonly delayMs: number }
  /** One bit of the answer's content is another one. */
  | { readonly kind: 'wrongChecksum' }
  /** One bit of the request's content is another one. */
  | { readonly kind: 'damagedUpload' }
  /** An error of S3, as another store or another account would send it. */
  | { readonly kind: 'error'; readonly status: number; readonly code: string; readonly message?: string; readonly headers?: OutgoingHttpHeaders }

export interface ProxiedRequest {
  readonly operation: string
  readonly method: string
  readonly url: string
  /** Part of an object. */
  readonly ranged: boolean
}

export interface FaultyProxy {
  readonly endpoint: string
  /** What befalls a request; undefined: nothing. Asked once for each, in the order in which they come. */
  fault: (request: ProxiedRequest) => Fault | undefined
  /** All requests so far, each with what befell it. */
  readonly seen: readonly (ProxiedRequest & { readonly fault: Fault['kind'] | undefined })[]
  /** Connections that were ended in the middle of an answer so far. */
  readonly cuts: number
  stop(): Promise<void>
}

/** Stands between a client and an S3 server, and lets happen what networks and busy stores do. Signatures stay valid. */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const { hostname, port } = new URL(target)
  const agent = new Agent({ keepAlive: true, maxSockets: 256 })
  const seen: (ProxiedRequest & { readonly fault: Fault['kind'] | undefined })[] = []
  let cuts = 0
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url = '/' } = incoming
    const request = { operation: s3Operation(method, url), method, url, ranged: incoming.headers.range !== undefined }
    const fault = proxy.fault(request)
    seen.push({ ...request, fault: fault?.kind })
    handle(incoming, outgoing, fault).catch((error: unknown) => outgoing.destroy(error instanceof Error ? error : undefined))
  })

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse, fault: Fault | undefined): Promise<void> {
    if (fault?.kind === 'reset') return void incoming.socket.destroy()
    const content = await buffer(incoming)
    if (fault?.kind === 'slowDown') return sendError(outgoing, 503, 'SlowDown', 'Please reduce your request rate.')
    if (fault?.kind === 'error') return sendError(outgoing, fault.status, fault.code, fault.message ?? fault.code, fault.headers)
    const answer = await forward(incoming, fault?.kind === 'damagedUpload' ? withFlippedBit(content) : content)
    if (fault === undefined || fault.kind === 'damagedUpload') return pass(answer, outgoing)
    const body = await buffer(answer)
    if (fault.kind === 'lostAnswer') return void incoming.socket.destroy()
    if (fault.kind === 'slowFirstByte') await delay(fault.delayMs)
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
    if (fault.kind === 'truncated') {
      outgoing.write(body.subarray(0, fault.bytes ?? body.length >> 1), () => {
        incoming.socket.destroy()
        cuts++
      })
      return
    }
    outgoing.end(fault.kind === 'wrongChecksum' ? withFlippedBit(body) : body)
  }

  async function forward({ method, url, headers }: IncomingMessage, content: Buffer): Promise<IncomingMessage> {
    const request = httpRequest({ hostname, port, method, path: url, headers, agent })
    request.end(content)
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    return answer
  }

  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy: FaultyProxy = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fault: () => undefined,
    seen,
    get cuts() {
      return cuts
    },
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
      agent.destroy()
    },
  }
  return proxy
}

function pass(answer: IncomingMessage, outgoing: ServerResponse): void {
  outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
  answer.pipe(outgoing)
  outgoing.on('close', () => answer.destroy()) // a client that leaves early lets go of the store too
}

function sendError(outgoing: ServerResponse, status: number, code: string, message: string, headers: OutgoingHttpHeaders = {}): void {
  outgoing.writeHead(status, { 'content-type': 'application/xml', ...headers })
  // An answer to HEAD has no body.
  outgoing.end(outgoing.req.method === 'HEAD' ? undefined : `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`)
}

function withFlippedBit(bytes: Buffer): Buffer {
  if (bytes.length === 0) return bytes
  const damaged = Buffer.from(bytes)
  const index = damaged.length >> 1
  damaged[index] = (damaged[index] as number) ^ 4
  return damaged
}

import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { describeError, MillraceError } from '@millrace/core/spi'
import type { SchemaRegistry } from './schema-registry.ts'

/** For `https:`; texts in PEM format. */
export interface RegistryTls {
  /** Certificates of authorities to trust instead of the usual ones. */
  readonly ca?: string | readonly string[]
  /** The client's own certificate and key. */
  readonly cert?: string
  readonly key?: string
  readonly passphrase?: string
  /** The name that the server's certificate must have, if not that of the URL. */
  readonly servername?: string
}

const MEDIA_TYPE = 'application/vnd.schemaregistry.v1+json'
/** No schema is that long; an answer that is comes from something else. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

/**
 * One request to the REST interface, answered as JSON. Rejects with AVRO_REGISTRY_UNAVAILABLE (retryable: no connection, no
 * answer in time, status 429 or 5xx), AVRO_REGISTRY_AUTH (401, 403), AVRO_REGISTRY_NOT_FOUND (404), AVRO_INCOMPATIBLE_SCHEMA
 * (409) or AVRO_REGISTRY (all else).
 */
export async function requestJson(registry: SchemaRegistry, method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
  const { status, text } = await send(registry, method, path, body)
  const answer = parse(text)
  if (status >= 200 && status < 300 && answer !== undefined) return answer
  throw failure(registry, `${method} ${path}`, status, answer)
}

interface Answer {
  readonly status: number
  readonly text: string
}

function send({ url, headers, tls, timeoutMs }: SchemaRegistry, method: string, path: string, body: unknown): Promise<Answer> {
  const target = new URL(`${url.pathname.replace(/\/$/, '')}${path}`, url)
  const content = body === undefined ? undefined : JSON.stringify(body)
  const { ca, ...rest } = tls
  const options = {
    method,
    ...(target.protocol === 'https:' ? { ...rest, ...(ca === undefined ? {} : { ca: [ca].flat() }) } : {}),
    headers: { accept: `${MEDIA_TYPE}, application/json`, ...(content === undefined ? {} : { 'content-type': MEDIA_TYPE, 'content-length': Buffer.byteLength(content) }), ...headers },
    signal: AbortSignal.timeout(timeoutMs),
  }
  return new Promise<Answer>((resolve, reject) => {
    const request = (target.protocol === 'https:' ? httpsRequest : httpRequest)(target, options, (response) => {
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        length += chunk.length
        if (length > MAX_ANSWER_BYTES) response.destroy(new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`))
      })
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
    })
    request.on('error', reject)
    request.end(content)
  }).catch((error: unknown) => {
    const message = `Expected an answer of the schema registry at ${url.origin} to ${method} ${path}: ${describeError(error)}. Check the address, the network and the registry`
    throw new MillraceError('AVRO_REGISTRY_UNAVAILABLE', message, { origin: 'external', retryable: true, cause: error })
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function failure({ url }: SchemaRegistry, request: string, status: number, answer: unknown): MillraceError {
  const { message = 'no JSON answer', error_code: code = status } = (typeof answer === 'object' && answer !== null ? answer : {}) as { readonly message?: unknown; readonly error_code?: unknown }
  const said = `The schema registry at ${url.origin} answered ${request} with status ${status} (${String(code)}): ${String(message)}.`
  if (status === 401 || status === 403) return new MillraceError('AVRO_REGISTRY_AUTH', `${said} Correct auth of schemaRegistry, or the rights of that user`, { origin: 'external' })
  if (status === 404) return new MillraceError('AVRO_REGISTRY_NOT_FOUND', `${said} Check subject and url of schemaRegistry`, { origin: 'external' })
  if (status === 409) {
    return new MillraceError('AVRO_INCOMPATIBLE_SCHEMA', `${said} Make the type compatible with the versions before (new fields nullable), or change the compatibility of the subject`, { origin: 'user' })
  }
  if (status === 429 || status >= 500) return new MillraceError('AVRO_REGISTRY_UNAVAILABLE', `${said} Trying again can help`, { origin: 'external', retryable: true })
  return new MillraceError('AVRO_REGISTRY', `${said} Check that the url is that of a schema registry`, { origin: 'external' })
}

import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import avsc from 'avsc'

interface Version {
  readonly id: number
  readonly schema: string
  readonly references: readonly { readonly name: string; readonly subject: string; readonly version: number }[]
}

/** The endpoints of Confluent's schema registry that clients use, with its status and error codes; subjects are BACKWARD compatible. */
export class RegistryServer {
  readonly #server: Server
  readonly #subjects = new Map<string, Version[]>()
  readonly #ids = new Map<string, number>()
  readonly requests: string[] = []
  authorization: string | undefined
  /** Answer the next requests with this status. */
  failing: number | undefined

  constructor(tls?: { readonly cert: string; readonly key: string }) {
    const handle = (request: IncomingMessage, response: ServerResponse): void => void this.#handle(request, response)
    this.#server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle)
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  add(subject: string, schema: string, references: Version['references'] = []): number {
    const id = this.#ids.get(schema) ?? this.#ids.size + 1
    this.#ids.set(schema, id)
    const versions = this.#subjects.get(subject) ?? []
    if (!versions.some((version) => version.id === id)) versions.push({ id, schema, references })
    this.#subjects.set(subject, versions)
    return id
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    const { method = '', url = '' } = request
    this.requests.push(`${method} ${url}`)
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' })
      response.end(JSON.stringify(body))
    }
    const fail = (status: number, code: number, message: string): void => answer(status, { error_code: code, message })
    if (this.failing !== undefined) return fail(this.failing, this.failing * 100 + 1, 'Error in the backend data store')
    if (this.authorization !== undefined && request.headers.authorization !== this.authorization) return fail(401, 401, 'Unauthorized')
    const [, area, name = '', , version] = url.split('/').map(decodeURIComponent)
    if (method === 'GET' && area === 'schemas') {
      const found = [...this.#subjects.values()].flat().find(({ id }) => url === `/schemas/ids/${id}`)
      if (found === undefined) return fail(404, 40403, 'Schema not found')
      return answer(200, { schema: found.schema, ...(found.references.length === 0 ? {} : { references: found.references }) })
    }
    const versions = this.#subjects.get(name)
    if (area !== 'subjects') return fail(404, 404, 'HTTP 404 Not Found')
    if (method === 'GET') {
      if (versions === undefined) return fail(404, 40401, `Subject '${name}' not found.`)
      const found = version === 'latest' ? versions.at(-1) : versions[Number(version) - 1]
      return found === undefined ? fail(404, 40402, `Version ${version} not found.`) : answer(200, { subject: name, version: versions.indexOf(found) + 1, id: found.id, schema: found.schema, references: found.references })
    }
    if (request.headers['content-type'] !== 'application/vnd.schemaregistry.v1+json') return fail(415, 415, 'HTTP 415 Unsupported Media Type')
    return this.#post(url, name, (JSON.parse(text) as { readonly schema: string }).schema, answer, fail)
  }

  #post(url: string, name: string, schema: string, answer: (status: number, body: unknown) => void, fail: (status: number, code: number, message: string) => void): void {
    const versions = this.#subjects.get(name)
    let type
    try {
      type = avsc.Type.forSchema(JSON.parse(schema) as never)
    } catch {
      return fail(422, 42201, 'Invalid schema')
    }
    if (!url.endsWith('/versions')) {
      if (versions === undefined) return fail(404, 40401, `Subject '${name}' not found.`)
      const found = versions.find((version) => version.schema === schema)
      return found === undefined ? fail(404, 40403, 'Schema not found') : answer(200, { subject: name, id: found.id, version: versions.indexOf(found) + 1, schema })
    }
    const latest = versions?.at(-1)
    if (latest !== undefined) {
      try {
        type.createResolver(avsc.Type.forSchema(JSON.parse(latest.schema) as never))
      } catch {
        return fail(409, 409, `Schema being registered is incompatible with an earlier schema for subject "${name}"`)
      }
    }
    return answer(200, { id: this.add(name, schema) })
  }
}

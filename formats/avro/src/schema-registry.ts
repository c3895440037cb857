import { MillraceError } from '@millrace/core/spi'
import type { RegistryTls } from './registry-request.ts'

export interface SchemaRegistryOptions {
  /** `https://registry.example:8081`, also with a path in front of the endpoints. */
  readonly url: string
  /** Under which schemas are written; Confluent's default strategy is `<topic>-value`. Needed for serialization only. */
  readonly subject?: string
  readonly auth?: { readonly username: string; readonly password: string } | { readonly bearer: string }
  readonly tls?: RegistryTls
  /** Whether a schema that the subject lacks is registered when writing; false: it must be there already. Default: true. */
  readonly register?: boolean
  /** Of one request. Default: 10 000. */
  readonly timeoutMs?: number
}

/** Where the schemas of messages are found: give it as `framing`. Configuration only. */
export interface SchemaRegistry {
  readonly kind: 'schema-registry'
  readonly url: URL
  readonly subject: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly tls: RegistryTls
  readonly register: boolean
  readonly timeoutMs: number
}

/**
 * A Confluent schema registry, or one that speaks its protocol: messages begin with a zero byte and the number of their schema.
 * Throws AVRO_OPTION.
 */
export function schemaRegistry(options: SchemaRegistryOptions): SchemaRegistry {
  const { subject, auth, tls = {}, register = true, timeoutMs = 10_000 } = options
  const url = parseUrl(options.url)
  if (url.username !== '' || url.password !== '') throw badOption('url without user and password, which go into auth', 'both in one')
  if (!(Number.isInteger(timeoutMs) && timeoutMs > 0)) throw badOption('timeoutMs as a positive whole number', String(timeoutMs))
  const registry = { kind: 'schema-registry', url, subject, tls, register, timeoutMs } as const
  // secrets stay out of what is printed and of what is compared
  return Object.defineProperty(registry, 'headers', { value: authorization(auth), enumerable: false }) as SchemaRegistry
}

function authorization(auth: SchemaRegistryOptions['auth']): Readonly<Record<string, string>> {
  if (auth === undefined) return {}
  if ('bearer' in auth) return { authorization: `Bearer ${auth.bearer}` }
  return { authorization: `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}` }
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && (url.protocol === 'http:' || url.protocol === 'https:')) return url
  throw badOption('url such as https://registry.example:8081', JSON.stringify(text))
}

function badOption(expected: string, found: string): MillraceError {
  return new MillraceError('AVRO_OPTION', `schemaRegistry: expected ${expected}, found ${found}`, { origin: 'user' })
}

import type { Logger } from '@millrace/core/spi'
import type { SASLOptions } from 'kafkajs'
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import type { ConnectionOptions as TlsConnectionOptions } from 'node:tls'
import type { KafkaConnectionOptions, SaslOptions } from '../connection-options.ts'

/**
 * The part of kafkajs that is used: one connection, with its framing, its queue of requests and its SASL mechanisms.
 * It is not exported by the package, whose version is pinned. What lies above it in kafkajs (consumer, producer, codecs)
 * has errors in transactions and costs several times the CPU; see docs/kafka.md.
 */
export interface KafkaJsConnection {
  connectionStatus: string
  readonly requestQueue: RequestQueue
  connect(): Promise<unknown>
  authenticate(): Promise<void>
  isConnected(): boolean
  setVersions(versions: Readonly<Record<string, { minVersion: number; maxVersion: number }>>): void
  setSupportAuthenticationProtocol(supported: boolean): void
  rejectRequests(error: Error): void
  send<Decoded, Response>(exchange: {
    readonly request: {
      readonly apiKey: number
      readonly apiVersion: number
      readonly apiName: string
      encode(): Promise<{ buf: Buffer; buffer: Buffer }>
      expectResponse?(): boolean
    }
    readonly response: { decode(payload: Buffer): Promise<Decoded>; parse(decoded: Decoded): Response }
    readonly requestTimeout?: number
    readonly logResponseError?: boolean
  }): Promise<Response>
}

interface RequestQueue {
  readonly pending: readonly unknown[]
  readonly throttledUntil: number
  destroy(): void
  scheduleCheckPendingRequests(): void
}

export interface SocketRequest {
  readonly host: string
  readonly port: number
  readonly ssl: TlsConnectionOptions | null
  readonly onConnect: () => void
}

interface ConnectionSettings {
  readonly host: string
  readonly port: number
  readonly options: KafkaConnectionOptions
  readonly logger: Logger
  readonly requestTimeoutMs: number
  readonly connectionTimeoutMs: number
}

interface KafkaJsLogger extends Record<'debug' | 'info' | 'warn' | 'error', (message: string, extra?: object) => void> {
  namespace(): KafkaJsLogger
}

type ConnectionConstructor = new (options: object) => KafkaJsConnection

const require = createRequire(import.meta.url)

export function kafkaJsConnection(
  { host, port, options, logger, requestTimeoutMs, connectionTimeoutMs }: ConnectionSettings,
  socketFactory: (request: SocketRequest) => Socket,
): KafkaJsConnection {
  // loaded when first used: a job that only imports the connector does not pay for it
  const Connection = require('kafkajs/src/network/connection') as ConnectionConstructor
  const connection = new Connection({
    host,
    port,
    logger: quiet(logger),
    socketFactory,
    requestTimeout: requestTimeoutMs,
    connectionTimeout: connectionTimeoutMs,
    clientId: options.clientId ?? 'millrace',
    ssl: options.tls === undefined || options.tls === false ? null : options.tls === true ? {} : options.tls,
    sasl: options.sasl === undefined ? null : saslOf(options.sasl),
  })
  const queue = connection.requestQueue
  const schedule = queue.scheduleCheckPendingRequests.bind(queue)
  // it would set a timer of negative duration after every answer, which Node warns of
  queue.scheduleCheckPendingRequests = () => {
    if (queue.pending.length > 0 || queue.throttledUntil > Date.now()) schedule()
  }
  return connection
}

/** A new object for each connection: kafkajs keeps the authenticator in it. */
function saslOf(sasl: SaslOptions): SASLOptions {
  if (sasl.mechanism === 'oauthbearer') return { mechanism: sasl.mechanism, oauthBearerProvider: async () => ({ value: await sasl.token() }) }
  if (sasl.mechanism === 'aws') return { ...sasl, ...(sasl.sessionToken === undefined ? {} : { sessionToken: sasl.sessionToken }) } as SASLOptions
  return { ...sasl }
}

/** Every failure also reaches us as an exception and is told by who handles it. */
function quiet(logger: Logger): KafkaJsLogger {
  const debug = (message: string, extra: object = {}): void => logger.debug({ ...extra }, message)
  const none = (): void => {}
  const quieted: KafkaJsLogger = { debug: none, info: none, warn: debug, error: debug, namespace: () => quieted }
  return quieted
}

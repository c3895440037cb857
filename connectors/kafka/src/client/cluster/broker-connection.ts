import type { Logger } from '@millrace/core/spi'
import type { KafkaConnectionOptions } from '../connection-options.ts'
import type { ProtocolMessage } from '../protocol/protocol-message.ts'

/** One socket to one broker, logged in. Requests may overlap; the broker answers them in order. */
export interface BrokerConnection {
  readonly open: boolean
  /** Whether the broker knows this version of this message. */
  supports(message: ProtocolMessage<never, unknown>): boolean
  /**
   * Rejects with a retryable `KAFKA_UNAVAILABLE` if the connection breaks or the answer takes longer than the request timeout plus
   * `extraMs`. Batches of a request are sent from where they are: they must not change before the answer.
   */
  send<Request, Response>(message: ProtocolMessage<Request, Response>, request: Request, extraMs?: number): Promise<Response>
  /** Sends without waiting for an answer, which must be one that the broker does not give; resolves when it is sent. */
  post<Request>(message: ProtocolMessage<Request, unknown>, request: Request): Promise<void>
  /** At once; what is under way rejects. */
  close(): void
}

/** Opens a socket and logs in. */
export type ConnectToBroker = (address: { readonly host: string; readonly port: number }, options: KafkaConnectionOptions, logger: Logger) => Promise<BrokerConnection>

export const DEFAULT_REQUEST_TIMEOUT_MS = 30_000

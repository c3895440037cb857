import type { ConnectionOptions as TlsConnectionOptions } from 'node:tls'

/** Where the cluster is and who we are. Secrets never appear in plans, logs or errors. */
export interface KafkaConnectionOptions {
  /** `host:port`, one or several: any that answers tells the others. */
  readonly brokers: string | readonly string[]
  /** What brokers see in their logs and quotas. Default `millrace`. */
  readonly clientId?: string
  /** `true` for TLS with the system's certificates, or options of `node:tls`. */
  readonly tls?: boolean | TlsConnectionOptions
  readonly sasl?: SaslOptions
  /** For connecting and for logging in. Default 10 s. */
  readonly connectionTimeoutMs?: number
  /** For one answer. Default 30 s. */
  readonly requestTimeoutMs?: number
}

export type SaslOptions =
  | { readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; readonly username: string; readonly password: string }
  /** Called for every connection and again before the token expires. */
  | { readonly mechanism: 'oauthbearer'; readonly token: () => Promise<string> }
  | {
      readonly mechanism: 'aws'
      /** The role's or user's id. */
      readonly authorizationIdentity: string
      readonly accessKeyId: string
      readonly secretAccessKey: string
      readonly sessionToken?: string
    }

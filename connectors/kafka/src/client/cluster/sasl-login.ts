import { describeError, MillraceError, type Logger } from '@millrace/core/spi'
import { createRequire } from 'node:module'
import type { SaslOptions } from '../connection-options.ts'
import { saslAuthenticate, saslAuthenticateV0 } from '../protocol/sasl-authenticate.ts'
import { saslHandshake } from '../protocol/sasl-handshake.ts'
import type { BrokerConnection } from './broker-connection.ts'
import { failureOf } from './protocol-errors.ts'
import { authenticationError } from './transport-error.ts'

/**
 * What is used of kafkajs: how each SASL mechanism makes messages and judges answers. It is not exported by the package, whose
 * version is pinned; docs/kafka.md says why no more of it is used. Messages and answers have their length before them.
 */
type MechanismOf = (settings: object) => (exchange: {
  readonly host: string
  readonly port: number
  readonly logger: { debug(message: string): void; error(message: string): void }
  /** Without `response` the answer is of no interest. */
  saslAuthenticate<Decoded, Parsed>(exchange: {
    readonly request: { encode(): Promise<Buffer> }
    readonly response?: { decode(answer: Buffer): Promise<Decoded>; parse(decoded: Decoded): Promise<Parsed> }
  }): Promise<Parsed | undefined>
}) => { authenticate(): Promise<void> }

const LENGTH_BYTES = 4

const require = createRequire(import.meta.url)
/** Loaded when first used: a job that only imports the connector, or does not log in, does not pay for it. */
const MECHANISMS: Readonly<Record<SaslOptions['mechanism'], () => unknown>> = {
  plain: () => require('kafkajs/src/broker/saslAuthenticator/plain'),
  'scram-sha-256': () => require('kafkajs/src/broker/saslAuthenticator/scram256'),
  'scram-sha-512': () => require('kafkajs/src/broker/saslAuthenticator/scram512'),
  oauthbearer: () => require('kafkajs/src/broker/saslAuthenticator/oauthBearer'),
  aws: () => require('kafkajs/src/broker/saslAuthenticator/awsIam'),
}

/** Logs in. Resolves with the lifetime of the session in milliseconds, 0 for one without end; rejects with `KAFKA_AUTHENTICATION` if the broker refuses. */
export async function saslLogin(connection: BrokerConnection, sasl: SaslOptions, { host, port }: { readonly host: string; readonly port: number }, logger: Logger): Promise<number> {
  const broker = `${host}:${port}`
  const mechanism = sasl.mechanism.toUpperCase()
  const { errorCode, mechanisms } = await connection.send(saslHandshake, { mechanism })
  const refusal = failureOf(errorCode)
  if (refusal !== undefined) throw authenticationError(broker, `${refusal.name} for ${mechanism}; it offers ${mechanisms.join(', ') || 'no login'}`)

  const mechanismOf = MECHANISMS[sasl.mechanism]() as MechanismOf
  const debug = (message: string): void => logger.debug({ broker }, message)
  const authenticate = connection.supports(saslAuthenticate) ? saslAuthenticate : saslAuthenticateV0
  let lifetimeMs = 0
  /** Ours: kafkajs takes whatever happens for a refused login. */
  let failure: unknown
  const login = mechanismOf(settingsOf(sasl))({
    host,
    port,
    logger: { debug, error: debug },
    async saslAuthenticate({ request, response }) {
      try {
        const message = (await request.encode()).subarray(LENGTH_BYTES)
        const answer = await connection.send(authenticate, { message })
        const failed = failureOf(answer.errorCode)
        if (failed !== undefined) throw authenticationError(broker, answer.errorMessage ?? failed.name)
        // RFC 7628: an answer to a bearer token is the reason why it is refused
        if (response === undefined && answer.answer.length > 0) throw authenticationError(broker, answer.answer.toString())
        lifetimeMs = answer.sessionLifetimeMs
        return await response?.parse(await response.decode(withLength(answer.answer)))
      } catch (error) {
        failure = error
        throw error
      }
    },
  })
  await login.authenticate().catch((error: unknown) => {
    if (MillraceError.is(failure)) throw failure
    throw MillraceError.is(error) ? error : authenticationError(broker, describeError(error), error)
  })
  return lifetimeMs
}

/** A new object for each login, with the names of kafkajs. */
function settingsOf(sasl: SaslOptions): object {
  if (sasl.mechanism !== 'oauthbearer') return { ...sasl }
  const token = async (): Promise<{ readonly value: string }> => {
    try {
      return { value: await sasl.token() }
    } catch (cause) {
      throw new MillraceError('KAFKA_TOKEN', `No token to log in with: \`sasl.token\` failed with ${describeError(cause)}.`, { origin: 'external', retryable: true, cause })
    }
  }
  return { oauthBearerProvider: token }
}

function withLength(bytes: Buffer): Buffer {
  const length = Buffer.allocUnsafe(LENGTH_BYTES)
  length.writeInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

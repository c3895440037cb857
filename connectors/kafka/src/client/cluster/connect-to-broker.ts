import type { BrokerConnection, ConnectToBroker } from './broker-connection.ts'
import { DEFAULT_REQUEST_TIMEOUT_MS } from './broker-connection.ts'
import { connectionOver } from './connection-over.ts'
import { keepLoggedIn } from './keep-logged-in.ts'
import { saslLogin } from './sasl-login.ts'
import { openSocketWire } from './socket-wire.ts'
import { transportError } from './transport-error.ts'
import type { Wire } from './wire.ts'

const DEFAULT_CONNECTION_TIMEOUT_MS = 10_000

/** A socket of our own; kafkajs knows how to log in. */
export const connectToBroker: ConnectToBroker = async ({ host, port }, options, logger): Promise<BrokerConnection> => {
  const { clientId = 'millrace', tls, sasl, requestTimeoutMs = DEFAULT_REQUEST_TIMEOUT_MS, connectionTimeoutMs = DEFAULT_CONNECTION_TIMEOUT_MS } = options
  const broker = `${host}:${port}`
  let wire: Wire | undefined
  try {
    wire = await openSocketWire({ host, port, tls: tls === true ? {} : tls === false ? undefined : tls }, clientId, connectionTimeoutMs)
    const connection = await connectionOver(wire, broker, requestTimeoutMs)
    return sasl === undefined ? connection : await keepLoggedIn(connection, () => saslLogin(connection, sasl, { host, port }, logger))
  } catch (error) {
    wire?.close()
    throw transportError(error, broker, 'connect')
  }
}

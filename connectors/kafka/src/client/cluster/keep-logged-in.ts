import type { BrokerConnection } from './broker-connection.ts'

/** Of the lifetime of a session: what is under way by then is still answered in time. */
const RENEWED_AFTER = 0.8

/**
 * Logs in, and again on the same connection before the session ends (KIP-368): the first request after most of its lifetime waits
 * for that, and those that come meanwhile. `logIn` resolves with the lifetime in milliseconds, 0 for one without end.
 */
export async function keepLoggedIn(connection: BrokerConnection, logIn: () => Promise<number>): Promise<BrokerConnection> {
  let renewAtMs = 0
  let renewing: Promise<void> | undefined
  const renew = async (): Promise<void> => {
    const lifetimeMs = await logIn()
    renewAtMs = lifetimeMs === 0 ? Number.POSITIVE_INFINITY : performance.now() + lifetimeMs * RENEWED_AFTER
  }
  const renewed = (): Promise<void> | undefined => {
    if (performance.now() < renewAtMs) return undefined
    renewing ??= renew().finally(() => (renewing = undefined))
    return renewing
  }
  await renewed()
  return {
    get open() {
      return connection.open
    },
    supports: (message) => connection.supports(message),
    async send(message, request, extraMs) {
      await renewed()
      return connection.send(message, request, extraMs)
    },
    async post(message, request) {
      await renewed()
      return connection.post(message, request)
    },
    close: () => connection.close(),
  }
}

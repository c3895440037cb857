import { MillraceError, silentLogger } from '@millrace/core'
import { expect, test } from 'vitest'
import type { BrokerConnection } from '../../../src/client/cluster/broker-connection.ts'
import { keepLoggedIn } from '../../../src/client/cluster/keep-logged-in.ts'
import { saslLogin } from '../../../src/client/cluster/sasl-login.ts'
import type { SaslOptions } from '../../../src/client/connection-options.ts'
import { metadata } from '../../../src/client/protocol/metadata.ts'
import { saslAuthenticate, type SaslAuthenticateResponse } from '../../../src/client/protocol/sasl-authenticate.ts'
import { saslHandshake } from '../../../src/client/protocol/sasl-handshake.ts'

const PLAIN: SaslOptions = { mechanism: 'plain', username: 'alice', password: 'secret' }
const BEARER: SaslOptions = { mechanism: 'oauthbearer', token: () => Promise.resolve('a.b.') }
const accepted: SaslAuthenticateResponse = { errorCode: 0, errorMessage: null, answer: Buffer.alloc(0), sessionLifetimeMs: 0 }

/** A broker that gives these answers to logins, whatever it is told, and to everything else nothing. */
function broker(authenticate: () => SaslAuthenticateResponse, handshakeError = 0): BrokerConnection & { readonly asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    open: true,
    supports: () => true,
    send(message) {
      asked.push(message.name)
      const answers = new Map<string, () => unknown>([
        [saslHandshake.name, () => ({ errorCode: handshakeError, mechanisms: ['PLAIN'] })],
        [saslAuthenticate.name, authenticate],
      ])
      return Promise.resolve().then(() => answers.get(message.name)?.() as never)
    },
    post: () => Promise.resolve(),
    close: () => {},
  }
}

function logIn(connection: BrokerConnection, sasl: SaslOptions): Promise<number> {
  return saslLogin(connection, sasl, { host: 'broker', port: 9092 }, silentLogger)
}

test('resolves with the lifetime of the session', async () => {
  expect(await logIn(broker(() => ({ ...accepted, sessionLifetimeMs: 60_000 })), PLAIN)).toBe(60_000)
  expect(await logIn(broker(() => accepted), BEARER)).toBe(0)
})

test.for<readonly [name: string, connection: BrokerConnection, sasl: SaslOptions, message: RegExp]>([
  ['a mechanism that is not offered', broker(() => accepted, 33), BEARER, /UNSUPPORTED_SASL_MECHANISM for OAUTHBEARER; it offers PLAIN/],
  ['a wrong password', broker(() => ({ ...accepted, errorCode: 58, errorMessage: 'Invalid username or password' })), PLAIN, /refused the login: Invalid username or password/],
  // RFC 7628, 3.2.2: the reason comes as if it were a challenge
  ['a token that is not taken', broker(() => ({ ...accepted, answer: Buffer.from('{"status":"invalid_token"}') })), BEARER, /refused the login: \{"status":"invalid_token"\}/],
])('%s is an error of the user', async ([, connection, sasl, message]) => {
  await expect(logIn(connection, sasl)).rejects.toMatchObject({ code: 'KAFKA_AUTHENTICATION', origin: 'user', retryable: false, message: expect.stringMatching(message) as string })
})

test('a broker that dies meanwhile has refused nothing', async () => {
  const dying = broker(() => {
    throw new MillraceError('KAFKA_UNAVAILABLE', 'gone', { origin: 'external', retryable: true })
  })
  await expect(logIn(dying, PLAIN)).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE', retryable: true })
})

test('a token that cannot be had is asked for again', async () => {
  const sasl: SaslOptions = { mechanism: 'oauthbearer', token: () => Promise.reject(new Error('no identity server')) }
  await expect(logIn(broker(() => accepted), sasl)).rejects.toMatchObject({ code: 'KAFKA_TOKEN', retryable: true, message: expect.stringContaining('no identity server') as string })
})

test('requests wait for a login that is renewed before the session ends', async () => {
  const connection = broker(() => accepted)
  let logins = 0
  // a session of no length is over when it begins
  const lasting = await keepLoggedIn(connection, async () => {
    connection.asked.push('login')
    await Promise.resolve()
    return ++logins > 2 ? 0 : Number.MIN_VALUE
  })
  await Promise.all([lasting.send(metadata, []), lasting.send(metadata, []), lasting.post(metadata, [])])
  await lasting.send(metadata, [])
  await lasting.send(metadata, [])
  expect(connection.asked).toEqual(['login', 'login', 'Metadata', 'Metadata', 'login', 'Metadata', 'Metadata'])
})

import { Connection, Writer } from '@platformatic/kafka'
import { transportClient } from '@millrace/connector-kafka'

/** Sockets of @platformatic/kafka instead of our own. */
export const platformaticClient = transportClient('@platformatic/kafka', async ({ host, port }, { clientId = 'millrace', tls, sasl, connectionTimeoutMs = 10_000, requestTimeoutMs = 30_000 }) => {
  const connection = new Connection(clientId, {
    connectTimeout: connectionTimeoutMs,
    // The longest poll of a reader comes on top of it.
    requestTimeout: requestTimeoutMs + 5000,
    ...(tls === undefined || tls === false ? {} : { tls: tls === true ? {} : tls }),
    ...(sasl?.mechanism === 'scram-sha-256' ? { sasl: { mechanism: 'SCRAM-SHA-256', username: sasl.username, password: sasl.password } } : {}),
  })
  connection.on('error', () => {}) // requests under way reject, which says it all
  await connection.connect(host, port)
  return {
    get open() {
      return connection.isConnected()
    },
    request: ({ apiKey, apiVersion, body, answered }) =>
      new Promise<Buffer>((resolve, reject) => {
        const payload = (): Writer => {
          const writer = Writer.create().append(body)
          if (!answered) writer.context['noResponse'] = true
          return writer
        }
        connection.send<Buffer>(
          apiKey,
          apiVersion,
          payload,
          (_correlationId, _apiKey, _apiVersion, reader) => reader.buffer.slice(reader.position),
          false,
          false,
          (error, answer) => (error === null ? resolve(answer ?? Buffer.alloc(0)) : reject(error)),
        )
      }),
    close: () => void connection.close().catch(() => {}),
  }
})

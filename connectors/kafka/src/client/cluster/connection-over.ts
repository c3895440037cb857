import { MillraceError } from '@millrace/core/spi'
import { apiVersions } from '../protocol/api-versions.ts'
import type { ProtocolMessage } from '../protocol/protocol-message.ts'
import { ProtocolReader } from '../protocol/protocol-reader.ts'
import { ProtocolWriter } from '../protocol/protocol-writer.ts'
import type { BrokerConnection } from './broker-connection.ts'
import { transportError } from './transport-error.ts'
import type { Wire } from './wire.ts'

/** Messages over a wire. First asks the broker what it understands. */
export async function connectionOver(wire: Wire, broker: string, requestTimeoutMs: number): Promise<BrokerConnection> {
  const exchange = async <Request>(message: ProtocolMessage<Request, unknown>, request: Request, timeoutMs: number, answered: boolean): Promise<Buffer> => {
    const writer = new ProtocolWriter()
    if (message.flexible) writer.noTags()
    message.encode(request, writer)
    try {
      return await wire.request({ apiKey: message.apiKey, apiVersion: message.version, body: writer.parts, timeoutMs, answered })
    } catch (error) {
      throw transportError(error, broker, message.name)
    }
  }
  const send = async <Request, Response>(message: ProtocolMessage<Request, Response>, request: Request, extraMs = 0): Promise<Response> => {
    const reader = new ProtocolReader(await exchange(message, request, requestTimeoutMs + extraMs, true))
    if (message.flexible) reader.tags()
    return message.decode(reader)
  }
  const { errorCode, versions } = await send(apiVersions, undefined)
  if (errorCode !== 0) throw new MillraceError('KAFKA_PROTOCOL', `Broker ${broker} does not tell which requests it knows (error ${errorCode}).`, { origin: 'external' })
  const ranges = new Map(versions.map((range) => [range.apiKey, range]))
  return {
    get open() {
      return wire.open
    },
    supports({ apiKey, version }) {
      const range = ranges.get(apiKey)
      return range !== undefined && range.minVersion <= version && version <= range.maxVersion
    },
    send,
    post: async (message, request) => void (await exchange(message, request, requestTimeoutMs, false)),
    close: () => wire.close(),
  }
}

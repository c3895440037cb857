import type { BrokerAddress } from './metadata.ts'
import type { ProtocolMessage } from './protocol-message.ts'

export type CoordinatorKind = 'group' | 'transaction'

export interface FindCoordinatorRequest {
  readonly kind: CoordinatorKind
  /** A group id or a transactional id. */
  readonly key: string
}

export interface FindCoordinatorResponse {
  readonly errorCode: number
  readonly broker: BrokerAddress
}

export const findCoordinator: ProtocolMessage<FindCoordinatorRequest, FindCoordinatorResponse> = {
  name: 'FindCoordinator',
  apiKey: 10,
  version: 2,
  encode({ kind, key }, writer) {
    writer.string(key)
    writer.int8(kind === 'group' ? 0 : 1)
  },
  decode(reader) {
    reader.int32()
    const errorCode = reader.int16()
    reader.nullableString()
    return { errorCode, broker: { nodeId: reader.int32(), host: reader.string(), port: reader.int32() } }
  },
}

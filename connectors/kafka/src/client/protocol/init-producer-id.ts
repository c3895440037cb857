import type { ProtocolMessage } from './protocol-message.ts'

export interface InitProducerIdRequest {
  /** Null for a producer that is only idempotent. */
  readonly transactionalId: string | null
  readonly timeoutMs: number
}

export interface InitProducerIdResponse {
  readonly errorCode: number
  readonly producerId: bigint
  readonly epoch: number
}

export const initProducerId: ProtocolMessage<InitProducerIdRequest, InitProducerIdResponse> = {
  name: 'InitProducerId',
  apiKey: 22,
  version: 1,
  encode({ transactionalId, timeoutMs }, writer) {
    writer.nullableString(transactionalId)
    writer.int32(timeoutMs)
  },
  decode(reader) {
    reader.int32()
    return { errorCode: reader.int16(), producerId: reader.bigint64(), epoch: reader.int16() }
  },
}

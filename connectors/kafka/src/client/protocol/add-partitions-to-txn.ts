import type { Committable } from '../committable.ts'
import type { OfTopic, ProtocolMessage } from './protocol-message.ts'

export interface AddPartitionsToTxnRequest extends Committable {
  readonly topics: readonly OfTopic<{ readonly partition: number }>[]
}

export type AddPartitionsToTxnResponse = readonly OfTopic<{ readonly partition: number; readonly errorCode: number }>[]

export const addPartitionsToTxn: ProtocolMessage<AddPartitionsToTxnRequest, AddPartitionsToTxnResponse> = {
  name: 'AddPartitionsToTxn',
  apiKey: 24,
  version: 2,
  encode({ transactionalId, producerId, epoch, topics }, writer) {
    writer.string(transactionalId)
    writer.bigint64(producerId)
    writer.int16(epoch)
    writer.array(topics, ({ topic, partitions }) => {
      writer.string(topic)
      writer.array(partitions, ({ partition }) => writer.int32(partition))
    })
  },
  decode(reader) {
    reader.int32()
    return reader.array(() => ({ topic: reader.string(), partitions: reader.array(() => ({ partition: reader.int32(), errorCode: reader.int16() })) }))
  },
}

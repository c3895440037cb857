import type { OfTopic, ProtocolMessage } from './protocol-message.ts'

export interface ProduceRequest {
  readonly transactionalId: string | null
  /** −1: all in-sync replicas, 1: the leader, 0: no answer. */
  readonly acks: number
  readonly timeoutMs: number
  /** One batch a partition. Batches are sent as they are, without a copy: see ProtocolWriter.bytes32. */
  readonly topics: readonly OfTopic<{ readonly partition: number; readonly batch: Uint8Array }>[]
}

export type ProduceResponse = readonly OfTopic<{ readonly partition: number; readonly errorCode: number; readonly baseOffset: number }>[]

export const produce: ProtocolMessage<ProduceRequest, ProduceResponse> = {
  name: 'Produce',
  apiKey: 0,
  version: 7,
  encode({ transactionalId, acks, timeoutMs, topics }, writer) {
    writer.nullableString(transactionalId)
    writer.int16(acks)
    writer.int32(timeoutMs)
    writer.array(topics, ({ topic, partitions }) => {
      writer.string(topic)
      writer.array(partitions, ({ partition, batch }) => {
        writer.int32(partition)
        writer.bytes32(batch)
      })
    })
  },
  decode: (reader) =>
    reader.array(() => ({
      topic: reader.string(),
      partitions: reader.array(() => {
        const answer = { partition: reader.int32(), errorCode: reader.int16(), baseOffset: reader.int64() }
        reader.int64()
        reader.int64()
        return answer
      }),
    })),
}

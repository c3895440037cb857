import type { OfTopic, ProtocolMessage } from './protocol-message.ts'

export interface OffsetCommitRequest {
  readonly groupId: string
  readonly topics: readonly OfTopic<{ readonly partition: number; readonly offset: number }>[]
}

export type OffsetCommitResponse = readonly OfTopic<{ readonly partition: number; readonly errorCode: number }>[]

/** Generation −1 and no member: the "simple consumer" of a group that has no members. */
export const offsetCommit: ProtocolMessage<OffsetCommitRequest, OffsetCommitResponse> = {
  name: 'OffsetCommit',
  apiKey: 8,
  version: 5,
  encode({ groupId, topics }, writer) {
    writer.string(groupId)
    writer.int32(-1)
    writer.string('')
    writer.array(topics, ({ topic, partitions }) => {
      writer.string(topic)
      writer.array(partitions, ({ partition, offset }) => {
        writer.int32(partition)
        writer.int64(offset)
        writer.nullableString(null)
      })
    })
  },
  decode(reader) {
    reader.int32()
    return reader.array(() => ({ topic: reader.string(), partitions: reader.array(() => ({ partition: reader.int32(), errorCode: reader.int16() })) }))
  },
}

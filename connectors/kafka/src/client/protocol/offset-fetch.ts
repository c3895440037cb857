import type { OfTopic, ProtocolMessage } from './protocol-message.ts'

export interface OffsetFetchRequest {
  readonly groupId: string
  readonly topics: readonly OfTopic<{ readonly partition: number }>[]
}

export interface OffsetFetchResponse {
  readonly errorCode: number
  /** `offset` is −1 where nothing was committed. */
  readonly topics: readonly OfTopic<{ readonly partition: number; readonly offset: number; readonly errorCode: number }>[]
}

export const offsetFetch: ProtocolMessage<OffsetFetchRequest, OffsetFetchResponse> = {
  name: 'OffsetFetch',
  apiKey: 9,
  version: 3,
  encode({ groupId, topics }, writer) {
    writer.string(groupId)
    writer.array(topics, ({ topic, partitions }) => {
      writer.string(topic)
      writer.array(partitions, ({ partition }) => writer.int32(partition))
    })
  },
  decode(reader) {
    reader.int32()
    const topics = reader.array(() => ({
      topic: reader.string(),
      partitions: reader.array(() => {
        const [partition, offset] = [reader.int32(), reader.int64()]
        reader.nullableString()
        return { partition, offset, errorCode: reader.int16() }
      }),
    }))
    return { topics, errorCode: reader.int16() }
  },
}

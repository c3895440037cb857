import type { Isolation } from '../isolation.ts'
import { isolationLevel } from './isolation-level.ts'
import type { OfTopic, ProtocolMessage } from './protocol-message.ts'

export interface ListOffsetsRequest {
  readonly isolation: Isolation
  /** −1: the end, −2: the beginning. */
  readonly timestamp: number
  readonly topics: readonly OfTopic<{ readonly partition: number }>[]
}

export type ListOffsetsResponse = readonly OfTopic<{
  readonly partition: number
  readonly errorCode: number
  readonly timestamp: number
  /** −1: no record is so young. */
  readonly offset: number
}>[]

export const listOffsets: ProtocolMessage<ListOffsetsRequest, ListOffsetsResponse> = {
  name: 'ListOffsets',
  apiKey: 2,
  version: 2,
  encode({ isolation, timestamp, topics }, writer) {
    writer.int32(-1)
    writer.int8(isolationLevel(isolation))
    writer.array(topics, ({ topic, partitions }) => {
      writer.string(topic)
      writer.array(partitions, ({ partition }) => {
        writer.int32(partition)
        writer.int64(timestamp)
      })
    })
  },
  decode(reader) {
    reader.int32()
    return reader.array(() => ({
      topic: reader.string(),
      partitions: reader.array(() => ({ partition: reader.int32(), errorCode: reader.int16(), timestamp: reader.int64(), offset: reader.int64() })),
    }))
  },
}

import type { Isolation } from '../isolation.ts'
import { isolationLevel } from './isolation-level.ts'
import type { OfTopic, ProtocolMessage } from './protocol-message.ts'

export interface FetchRequest {
  readonly isolation: Isolation
  readonly maxWaitMs: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly maxPartitionBytes: number
  readonly topics: readonly OfTopic<{ readonly partition: number; readonly position: number }>[]
}

export interface AbortedTransaction {
  readonly producerId: bigint
  /** Of its first record in this partition. */
  readonly firstOffset: number
}

export interface PartitionFetch {
  readonly partition: number
  readonly errorCode: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  /** Of transactions that were completed in the range that was fetched, in order of completion. */
  readonly aborted: readonly AbortedTransaction[]
  /** Record batches, the last of them perhaps cut off. */
  readonly records: Buffer
}

export interface FetchResponse {
  readonly errorCode: number
  readonly topics: readonly OfTopic<PartitionFetch>[]
}

/** A full fetch, without a session (KIP-227). */
export const fetch: ProtocolMessage<FetchRequest, FetchResponse> = {
  name: 'Fetch',
  apiKey: 1,
  version: 11,
  encode({ isolation, maxWaitMs, minBytes, maxBytes, maxPartitionBytes, topics }, writer) {
    writer.int32(-1)
    writer.int32(maxWaitMs)
    writer.int32(minBytes)
    writer.int32(maxBytes)
    writer.int8(isolationLevel(isolation))
    writer.int32(0)
    writer.int32(-1)
    writer.array(topics, ({ topic, partitions }) => {
      writer.string(topic)
      writer.array(partitions, ({ partition, position }) => {
        writer.int32(partition)
        writer.int32(-1)
        writer.int64(position)
        writer.int64(-1)
        writer.int32(maxPartitionBytes)
      })
    })
    writer.int32(0)
    writer.string('')
  },
  decode(reader) {
    reader.int32()
    const errorCode = reader.int16()
    reader.int32()
    const topics = reader.array(() => ({
      topic: reader.string(),
      partitions: reader.array((): PartitionFetch => {
        const [partition, code, highWatermark, lastStableOffset, logStartOffset] = [reader.int32(), reader.int16(), reader.int64(), reader.int64(), reader.int64()]
        const aborted = reader.array(() => ({ producerId: reader.bigint64(), firstOffset: reader.int64() }))
        reader.int32()
        return { partition, errorCode: code, highWatermark, lastStableOffset, logStartOffset, aborted, records: reader.bytes32() }
      }),
    }))
    return { errorCode, topics }
  },
}

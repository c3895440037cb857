import type { PartitionInfo } from '../kafka-client.ts'
import type { ProtocolMessage } from './protocol-message.ts'

/** Undefined: all topics. */
export type MetadataRequest = readonly string[] | undefined

export interface BrokerAddress {
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

export interface MetadataResponse {
  readonly brokers: readonly BrokerAddress[]
  readonly topics: readonly {
    readonly errorCode: number
    readonly topic: string
    readonly internal: boolean
    readonly partitions: readonly PartitionInfo[]
  }[]
}

export const metadata: ProtocolMessage<MetadataRequest, MetadataResponse> = {
  name: 'Metadata',
  apiKey: 3,
  version: 7,
  encode(topics, writer) {
    if (topics === undefined) writer.int32(-1)
    else writer.array(topics, (topic) => writer.string(topic))
    writer.boolean(false)
  },
  decode(reader) {
    reader.int32()
    const brokers = reader.array(() => {
      const broker = { nodeId: reader.int32(), host: reader.string(), port: reader.int32() }
      reader.nullableString()
      return broker
    })
    reader.nullableString()
    reader.int32()
    const topics = reader.array(() => ({
      errorCode: reader.int16(),
      topic: reader.string(),
      internal: reader.boolean(),
      partitions: reader.array((): PartitionInfo => {
        // errors of partitions say what leader −1 says
        reader.int16()
        const [partition, leader] = [reader.int32(), reader.int32()]
        reader.int32()
        const [replicas, inSyncReplicas] = [reader.array(() => reader.int32()), reader.array(() => reader.int32())]
        reader.array(() => reader.int32())
        return { partition, leader, replicas, inSyncReplicas }
      }),
    }))
    return { brokers, topics }
  },
}

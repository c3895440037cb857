import type { OpenTransaction } from '../transaction-coordinator-client.ts'
import type { ProtocolMessage } from './protocol-message.ts'

export type DescribeTransactionsResponse = readonly (OpenTransaction & { readonly errorCode: number })[]

/** KIP-664, Kafka 3.0. Answered by the coordinator of these transactional ids. */
export const describeTransactions: ProtocolMessage<readonly string[], DescribeTransactionsResponse> = {
  name: 'DescribeTransactions',
  apiKey: 65,
  version: 0,
  flexible: true,
  encode(transactionalIds, writer) {
    writer.compactArray(transactionalIds, (id) => writer.compactString(id))
    writer.noTags()
  },
  decode(reader) {
    reader.int32()
    return reader.compactArray(() => {
      const transaction = {
        errorCode: reader.int16(),
        transactionalId: reader.compactString(),
        state: reader.compactString(),
        timeoutMs: reader.int32(),
        startTimestamp: reader.int64(),
        producerId: reader.bigint64(),
        epoch: reader.int16(),
        partitions: reader.compactArray(() => {
          const ofTopic = { topic: reader.compactString(), partitions: reader.compactArray(() => reader.int32()) }
          reader.tags()
          return ofTopic
        }),
      }
      reader.tags()
      return transaction
    })
  },
}

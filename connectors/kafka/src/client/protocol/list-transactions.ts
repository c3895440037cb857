import type { ProtocolMessage } from './protocol-message.ts'

/** In which states transactions are looked for. */
export type ListTransactionsRequest = readonly string[]

export interface ListTransactionsResponse {
  readonly errorCode: number
  readonly transactions: readonly { readonly transactionalId: string; readonly producerId: bigint; readonly state: string }[]
}

/** KIP-664, Kafka 3.0. Every broker answers for the transactions that it coordinates. */
export const listTransactions: ProtocolMessage<ListTransactionsRequest, ListTransactionsResponse> = {
  name: 'ListTransactions',
  apiKey: 66,
  version: 0,
  flexible: true,
  encode(states, writer) {
    writer.compactArray(states, (state) => writer.compactString(state))
    writer.compactArray([], () => {})
    writer.noTags()
  },
  decode(reader) {
    reader.int32()
    const errorCode = reader.int16()
    reader.compactArray(() => reader.compactString())
    const transactions = reader.compactArray(() => {
      const transaction = { transactionalId: reader.compactString(), producerId: reader.bigint64(), state: reader.compactString() }
      reader.tags()
      return transaction
    })
    return { errorCode, transactions }
  },
}

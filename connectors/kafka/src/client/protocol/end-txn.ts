import type { Committable } from '../committable.ts'
import type { ProtocolMessage } from './protocol-message.ts'

export interface EndTxnRequest extends Committable {
  readonly commit: boolean
}

/** Below version 5 the broker leaves the epoch alone (KIP-890), so that the same request can be repeated after a crash. */
export const endTxn: ProtocolMessage<EndTxnRequest, { readonly errorCode: number }> = {
  name: 'EndTxn',
  apiKey: 26,
  version: 2,
  encode({ transactionalId, producerId, epoch, commit }, writer) {
    writer.string(transactionalId)
    writer.bigint64(producerId)
    writer.int16(epoch)
    writer.boolean(commit)
  },
  decode(reader) {
    reader.int32()
    return { errorCode: reader.int16() }
  },
}

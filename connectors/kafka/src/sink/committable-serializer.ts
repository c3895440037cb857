import { MillraceError, type SimpleVersionedSerializer } from '@millrace/core/spi'
import type { Committable } from '../client/committable.ts'

/** JSON, with the producer id as text: it has 64 bits. */
export const committableSerializer: SimpleVersionedSerializer<Committable> = {
  version: 1,
  serialize: ({ transactionalId, producerId, epoch }) => Buffer.from(JSON.stringify({ transactionalId, producerId: String(producerId), epoch })),
  deserialize(version, bytes) {
    if (version !== 1) {
      throw new MillraceError(
        'KAFKA_STATE_VERSION',
        `Expected a Kafka transaction of format version 1 in the checkpoint, found ${version}. It was written by a later version of this connector: use that one.`,
        {
          origin: 'user',
        },
      )
    }
    const { transactionalId, producerId, epoch } = JSON.parse(Buffer.from(bytes).toString()) as { transactionalId: string; producerId: string; epoch: number }
    return { transactionalId, producerId: BigInt(producerId), epoch }
  },
}

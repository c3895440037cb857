import { expect, test } from 'vitest'
import { committableSerializer } from '../../src/sink/committable-serializer.ts'

test('a committable survives, with all 64 bits of its producer id', () => {
  const committable = { transactionalId: 'a-0-1-2', producerId: 2n ** 62n + 1n, epoch: 32_767 }
  expect(committableSerializer.deserialize(1, committableSerializer.serialize(committable))).toEqual(committable)
})

test('one of a later version is refused', () => {
  expect(() => committableSerializer.deserialize(2, new Uint8Array())).toThrow(expect.objectContaining({ code: 'KAFKA_STATE_VERSION' }))
})

import { createDataOutput } from '../../types/byte-data-output.ts'
import type { AnyType } from '../../types/type-information.ts'

/** A low surrogate starts no well-formed string, so no user key that is a string equals an encoded one. */
const ENCODED = '\udc00'

const scratch = createDataOutput(256)

/** What a Map finds a user key by: primitives by themselves, objects by their bytes, since two that are equal are not the same. */
export function userKeySlot(userKey: unknown, serializer: AnyType['serializer']): unknown {
  if (typeof userKey !== 'object' || userKey === null) return userKey
  scratch.reset()
  serializer.write(userKey as never, scratch)
  const bytes = scratch.view()
  return ENCODED + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

import { createDataInput } from '../../src/types/byte-data-input.ts'
import { createDataOutput } from '../../src/types/byte-data-output.ts'
import type { TypeInformation } from '../../src/types/type-information.ts'

export function encode<T>(type: TypeInformation<T>, value: T): Uint8Array {
  const output = createDataOutput(16)
  type.serializer.write(value, output)
  return output.bytes()
}

/** What comes back after writing, with the check that reading used up exactly what was written. */
export function roundTrip<T>(type: TypeInformation<T>, value: T): T {
  const bytes = encode(type, value)
  const input = createDataInput(bytes)
  const back = type.serializer.read(input)
  if (input.remaining !== 0) throw new Error(`${input.remaining} of ${bytes.length} bytes were not read`)
  return back
}

/** The error that writing a value the type system would refuse must throw. */
export function writeError(type: TypeInformation<never>, value: unknown): unknown {
  try {
    type.serializer.write(value as never, createDataOutput())
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

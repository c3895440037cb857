import { corruptIndex } from './corrupt-index.ts'
import { defineType } from './define-type.ts'
import { typeMismatch } from './type-mismatch.ts'
import type { TypeInformation } from './type-information.ts'

const STRING: TypeInformation<string> = defineType(
  { kind: 'string' },
  {
    id: 'string',
    version: 1,
    write(value, output) {
      if (typeof value !== 'string') throw typeMismatch('a string', value)
      output.writeString(value)
    },
    read: (input) => input.readString(),
  },
)

const BOOLEAN: TypeInformation<boolean> = defineType(
  { kind: 'boolean' },
  {
    id: 'boolean',
    version: 1,
    write(value, output) {
      if (typeof value !== 'boolean') throw typeMismatch('a boolean', value)
      output.writeBoolean(value)
    },
    read: (input) => input.readBoolean(),
  },
)

const BYTES: TypeInformation<Uint8Array> = defineType(
  { kind: 'bytes' },
  {
    id: 'bytes',
    version: 1,
    write(value, output) {
      if (!(value instanceof Uint8Array)) throw typeMismatch('a Uint8Array', value)
      output.writeBytes(value)
    },
    read: (input) => input.readBytes(),
  },
)

/** Text, written as UTF-8: lone surrogates become U+FFFD. */
export function string(): TypeInformation<string> {
  return STRING
}

export function boolean(): TypeInformation<boolean> {
  return BOOLEAN
}

/** A Uint8Array (or Buffer); read back as a Uint8Array of its own. */
export function bytes(): TypeInformation<Uint8Array> {
  return BYTES
}

/**
 * One of a fixed set of strings, written as its index: append values, never reorder them.
 * The name differs from the kind because `enum` is a reserved word.
 */
export function enumOf<const V extends string>(...values: readonly [V, ...V[]]): TypeInformation<V> {
  const indexOf = new Map<string, number>(values.map((value, index) => [value, index]))
  return defineType(
    { kind: 'enum', values },
    {
      id: 'enum',
      version: 1,
      write(value, output) {
        const index = indexOf.get(value)
        if (index === undefined) throw typeMismatch(`one of ${values.map((each) => JSON.stringify(each)).join(', ')}`, value)
        output.writeVarUint(index)
      },
      read(input) {
        const index = input.readVarUint()
        const value = values[index]
        if (value === undefined) throw corruptIndex('an enum value', index, values.length)
        return value
      },
    },
  )
}

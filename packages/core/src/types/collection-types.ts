import { defineType } from './define-type.ts'
import { inField, keySegment, typeMismatch } from './type-mismatch.ts'
import type { AnyType, Infer, TypeInformation, TypeSerializer } from './type-information.ts'

/** An array of values of one type. */
export function list<T>(of: TypeInformation<T>): TypeInformation<readonly T[]> {
  const element = of.serializer
  return defineType<readonly T[]>(
    { kind: 'list', of: of.schema },
    {
      id: 'list',
      version: 1,
      write(value, output) {
        if (!Array.isArray(value)) throw typeMismatch('an array', value)
        output.writeVarUint(value.length)
        let index = 0
        try {
          for (; index < value.length; index++) element.write(value[index] as T, output)
        } catch (error) {
          throw inField(error, `[${index}]`)
        }
      },
      read(input) {
        const length = input.readVarUint()
        const values: T[] = []
        for (let index = 0; index < length; index++) values.push(element.read(input))
        return values
      },
    },
    [of],
  )
}

/** A Map, written in its iteration order. */
export function map<K, V>(key: TypeInformation<K>, value: TypeInformation<V>): TypeInformation<ReadonlyMap<K, V>> {
  const keys = key.serializer
  const values = value.serializer
  return defineType<ReadonlyMap<K, V>>(
    { kind: 'map', key: key.schema, value: value.schema },
    {
      id: 'map',
      version: 1,
      write(entries, output) {
        if (!(entries instanceof Map)) throw typeMismatch('a Map', entries)
        output.writeVarUint(entries.size)
        for (const [entryKey, entryValue] of entries as Map<K, V>) {
          try {
            keys.write(entryKey, output)
            values.write(entryValue, output)
          } catch (error) {
            throw inField(error, keySegment(entryKey))
          }
        }
      },
      read(input) {
        const size = input.readVarUint()
        const entries = new Map<K, V>()
        for (let index = 0; index < size; index++) entries.set(keys.read(input), values.read(input))
        return entries
      },
    },
    [key, value],
  )
}

/** What `tuple` of these types holds: a fixed number of values, each with its own type. */
export type TupleOf<T extends readonly AnyType[]> = { readonly [I in keyof T]: Infer<T[I]> }

/** An array of a fixed length whose positions have their own types. */
export function tuple<const T extends readonly AnyType[]>(...of: T): TypeInformation<TupleOf<T>> {
  const elements = of.map((type) => type.serializer as TypeSerializer<unknown>)
  return defineType<TupleOf<T>>(
    { kind: 'tuple', of: of.map((type) => type.schema) },
    {
      id: 'tuple',
      version: 1,
      write(value, output) {
        const values: unknown = value
        if (!Array.isArray(values) || values.length !== elements.length) throw typeMismatch(`an array of length ${elements.length}`, value)
        let index = 0
        try {
          for (const element of elements) element.write(values[index++], output)
        } catch (error) {
          throw inField(error, `[${index - 1}]`)
        }
      },
      read: (input) => elements.map((element) => element.read(input)) as TupleOf<T>,
    },
    of,
  )
}

import type { DataInput } from './data-input.ts'
import type { DataOutput } from './data-output.ts'
import type { AnyType, TypeInformation, TypeSchema, TypeSerializer } from './type-information.ts'

/** `TypeInformation<T | null>`, with the type it was made of, which rows write without its own null marker. */
export interface NullableType<in out T> extends TypeInformation<T | null> {
  readonly of: TypeInformation<T>
}

interface StructuredType<in out T> extends TypeInformation<T> {
  readonly parts: readonly AnyType[]
}

/** A TypeInformation of a schema and a serializer, with its nullable form. `parts`: the types it is made of, in the order of its schema. */
export function defineType<T>(schema: TypeSchema, serializer: TypeSerializer<T>, parts: readonly AnyType[] = []): TypeInformation<T> {
  let nullable: TypeInformation<T | null> | undefined
  const type: StructuredType<T> = { schema, serializer, parts, nullable: () => (nullable ??= nullableOf(type)) }
  return type
}

/** The types that a type of this module was made of, in the order of its schema; none for all others. */
export function partsOf(type: AnyType): readonly AnyType[] {
  const inner = innerOfNullable(type)
  if (inner !== undefined) return [inner]
  return 'parts' in type ? (type as unknown as StructuredType<unknown>).parts : []
}

/** The nullable form of a type: one byte says whether a value follows. */
export function nullableOf<T>(of: TypeInformation<T>): NullableType<T> {
  const inner = of.serializer
  const serializer: TypeSerializer<T | null> = {
    id: 'nullable',
    version: 1,
    write(value: T | null, output: DataOutput): void {
      if (value === null) {
        output.writeByte(0)
        return
      }
      output.writeByte(1)
      inner.write(value, output)
    },
    read: (input: DataInput): T | null => (input.readByte() === 0 ? null : inner.read(input)),
  }
  const type: NullableType<T> = { schema: { kind: 'nullable', of: of.schema }, serializer, of, nullable: () => type }
  return type
}

/** What a nullable type of this module was made of; undefined for all other types. */
export function innerOfNullable(type: AnyType): AnyType | undefined {
  return type.schema.kind === 'nullable' && 'of' in type ? (type as unknown as NullableType<unknown>).of : undefined
}

import { describeSchema } from './describe-schema.ts'
import { innerOfNullable } from './define-type.ts'
import { typeMismatch } from './type-mismatch.ts'
import type { MillraceError } from '../errors.ts'
import type { DataInput } from './data-input.ts'
import type { DataOutput } from './data-output.ts'
import type { AnyType, TypeSerializer } from './type-information.ts'

export interface RowField {
  readonly name: string
  readonly type: AnyType
}

/** A field as the codecs see it: the null bitmap takes the place of the nullable serializer. */
export interface PlannedField {
  readonly name: string
  readonly serializer: TypeSerializer<unknown>
  /** Its bit in the null bitmap; undefined when the field is not nullable. */
  readonly nullBit: number | undefined
}

/**
 * What both codecs are made of. A row is its null bitmap — one bit per nullable field in order, lowest bit first, set
 * for null, in as few bytes as hold them — and then the values that are not null, in order.
 */
export interface RowPlan {
  readonly fields: readonly PlannedField[]
  readonly nullBytes: number
  /** The error for a value that is no object. */
  notARow(value: unknown): MillraceError
}

export interface RowCodec<in out T> {
  write(value: T, output: DataOutput): void
  read(input: DataInput): T
}

/** Bit positions and serializers of a row's fields. */
export function planRow(fields: readonly RowField[]): RowPlan {
  let nullables = 0
  const planned = fields.map(({ name, type }) => {
    const inner = innerOfNullable(type)
    return { name, serializer: (inner ?? type).serializer as TypeSerializer<unknown>, nullBit: inner === undefined ? undefined : nullables++ }
  })
  const notARow = (value: unknown): MillraceError =>
    typeMismatch(describeSchema({ kind: 'row', fields: fields.map(({ name, type }) => ({ name, type: type.schema })) }), value)
  return { fields: planned, nullBytes: Math.ceil(nullables / 8), notARow }
}

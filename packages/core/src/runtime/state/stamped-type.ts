import type { DataInput } from '../../types/data-input.ts'
import type { DataOutput } from '../../types/data-output.ts'
import type { ValueReader } from '../../types/schema-evolution.ts'
import type { AnyType } from '../../types/type-information.ts'
import { ListCell } from './list-cell.ts'
import { Stamped } from './state-ttl.ts'
import type { TtlPolicy } from './state-ttl.ts'

interface UntypedSerializer {
  readonly id: string
  readonly version: number
  write(value: unknown, output: DataOutput): void
  read(input: DataInput): unknown
}

/*
 * User state says in every value whether it carries a timestamp. Both forms can always be read, so that a ttl can be given
 * to restored state or taken from it: what comes without a timestamp counts as written at the restore.
 */
const PLAIN = 0
const STAMPED = 1

/** The type of a user state's values: `element`, the type that the user declared, in an encoding around it. */
export interface StateValueType extends AnyType {
  readonly element: AnyType
  readonly encoding: 'stamped' | 'list-state'
  /** Reads a value whose elements are read by `readElement`. */
  readWith(readElement: ValueReader): ValueReader
}

/** `0, value` or `1, varlong timestamp, value`. In tables: the value, or with a ttl a Stamped. */
export function stampedType(type: AnyType, ttl: TtlPolicy | undefined): StateValueType {
  const inner: UntypedSerializer = type.serializer
  const readWith = (readValue: ValueReader): ValueReader => (ttl === undefined ? unstampedReader(readValue) : stampedReader(readValue, ttl))
  const write =
    ttl === undefined
      ? (value: unknown, output: DataOutput): void => {
          output.writeByte(PLAIN)
          inner.write(value, output)
        }
      : ({ value, stampMs }: Stamped<unknown>, output: DataOutput): void => {
          output.writeByte(STAMPED)
          output.writeVarLong(stampMs)
          inner.write(value, output)
        }
  const read = readWith((input) => inner.read(input))
  return { schema: type.schema, serializer: { ...identity('stamped', inner), write, read }, element: type, encoding: 'stamped', readWith }
}

function unstampedReader(readValue: ValueReader): ValueReader {
  return (input) => {
    if (input.readByte() === STAMPED) input.readVarLong()
    return readValue(input)
  }
}

function stampedReader(readValue: ValueReader, ttl: TtlPolicy): ValueReader {
  return (input) => {
    const stampMs = input.readByte() === STAMPED ? input.readVarLong() : ttl.now()
    return new Stamped(readValue(input), stampMs)
  }
}

/** varuint 2 × count + (1 if stamped), then per element its varlong timestamp if stamped, and the element. In tables: a ListCell. */
export function listCellType(element: AnyType, ttl: TtlPolicy | undefined): StateValueType {
  const inner: UntypedSerializer = element.serializer
  const readWith =
    (readElement: ValueReader): ValueReader =>
    (input) => {
      const header = input.readVarUint()
      const stamped = header % 2 === STAMPED
      const nowMs = ttl?.now() ?? 0
      const items: unknown[] = []
      const stampsMs: number[] = []
      for (let left = (header - (header % 2)) / 2; left > 0; left--) {
        stampsMs.push(stamped ? input.readVarLong() : nowMs)
        items.push(readElement(input))
      }
      return new ListCell(items, ttl === undefined ? undefined : stampsMs)
    }
  const write = ({ items, stampsMs }: ListCell<unknown>, output: DataOutput): void => {
    output.writeVarUint(items.length * 2 + (stampsMs === undefined ? PLAIN : STAMPED))
    for (let index = 0; index < items.length; index++) {
      if (stampsMs !== undefined) output.writeVarLong(stampsMs[index] as number)
      inner.write(items[index], output)
    }
  }
  const serializer = { ...identity('list-state', inner), write, read: readWith((input) => inner.read(input)) }
  return { schema: { kind: 'list', of: element.schema }, serializer, element, encoding: 'list-state', readWith }
}

function identity(encoding: StateValueType['encoding'], inner: UntypedSerializer): { readonly id: string; readonly version: number } {
  return { id: `${encoding}(${inner.id})`, version: inner.version }
}

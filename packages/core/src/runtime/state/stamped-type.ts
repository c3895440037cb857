import type { DataInput } from '../../types/data-input.ts'
import type { DataOutput } from '../../types/data-output.ts'
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

/** `0, value` or `1, varlong timestamp, value`. In tables: the value, or with a ttl a Stamped. */
export function stampedType(type: AnyType, ttl: TtlPolicy | undefined): AnyType {
  const inner: UntypedSerializer = type.serializer
  const { id, version } = identity('stamped', inner)
  if (ttl === undefined) {
    const serializer: UntypedSerializer = {
      id,
      version,
      write(value, output) {
        output.writeByte(PLAIN)
        inner.write(value, output)
      },
      read(input) {
        if (input.readByte() === STAMPED) input.readVarLong()
        return inner.read(input)
      },
    }
    return { schema: type.schema, serializer }
  }
  const serializer = {
    id,
    version,
    write({ value, stampMs }: Stamped<unknown>, output: DataOutput): void {
      output.writeByte(STAMPED)
      output.writeVarLong(stampMs)
      inner.write(value, output)
    },
    read(input: DataInput): Stamped<unknown> {
      const stampMs = input.readByte() === STAMPED ? input.readVarLong() : ttl.now()
      return new Stamped(inner.read(input), stampMs)
    },
  }
  return { schema: type.schema, serializer }
}

/** varuint 2 × count + (1 if stamped), then per element its varlong timestamp if stamped, and the element. In tables: a ListCell. */
export function listCellType(element: AnyType, ttl: TtlPolicy | undefined): AnyType {
  const inner: UntypedSerializer = element.serializer
  const serializer = {
    ...identity('list-state', inner),
    write({ items, stampsMs }: ListCell<unknown>, output: DataOutput): void {
      output.writeVarUint(items.length * 2 + (stampsMs === undefined ? PLAIN : STAMPED))
      for (let index = 0; index < items.length; index++) {
        if (stampsMs !== undefined) output.writeVarLong(stampsMs[index] as number)
        inner.write(items[index], output)
      }
    },
    read(input: DataInput): ListCell<unknown> {
      const header = input.readVarUint()
      const stamped = header % 2 === STAMPED
      const nowMs = ttl?.now() ?? 0
      const items: unknown[] = []
      const stampsMs: number[] = []
      for (let left = (header - (header % 2)) / 2; left > 0; left--) {
        stampsMs.push(stamped ? input.readVarLong() : nowMs)
        items.push(inner.read(input))
      }
      return new ListCell(items, ttl === undefined ? undefined : stampsMs)
    },
  }
  return { schema: { kind: 'list', of: element.schema }, serializer }
}

function identity(encoding: string, inner: UntypedSerializer): { readonly id: string; readonly version: number } {
  return { id: `${encoding}(${inner.id})`, version: inner.version }
}

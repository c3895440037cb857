import { itemOf } from './avro-type.ts'
import type { AvroType } from './avro-type.ts'
import { damaged } from './avro-error.ts'
import type { ByteTap } from './byte-tap.ts'

/** Passes over one value. */
export function skipValue(type: AvroType, tap: ByteTap): void {
  switch (type.kind) {
    case 'null':
      return
    case 'boolean':
      tap.at++
      return
    case 'int':
    case 'long':
    case 'enum':
      tap.long()
      return
    case 'float':
      tap.at += 4
      return
    case 'double':
      tap.at += 8
      return
    case 'bytes':
    case 'string':
      tap.skip(tap.length())
      return
    case 'fixed':
      tap.skip(type.size)
      return
    case 'array':
    case 'map':
      skipItems(type, tap)
      return
    case 'union':
      skipValue(branchAt(type, tap.long()), tap)
      return
    case 'record':
      tap.enter()
      for (const field of type.fields) skipValue(field.type, tap)
      tap.leave()
  }
}

function skipItems(type: AvroType, tap: ByteTap): void {
  const item = itemOf(type)
  const least = minBytes(item) + (type.kind === 'map' ? 1 : 0)
  for (let count = tap.blockCount(least); count > 0; count = tap.blockCount(least)) {
    for (let index = 0; index < count; index++) {
      if (type.kind === 'map') tap.skip(tap.length())
      skipValue(item, tap)
    }
  }
}

export function branchAt(union: AvroType, index: number): AvroType {
  const branch = union.branches[index]
  if (branch === undefined) throw damaged(`expected the number of a branch below ${union.branches.length}, found ${index}`)
  return branch
}

/** How many bytes a value takes at least. */
export function minBytes(type: AvroType, enclosing: readonly AvroType[] = []): number {
  switch (type.kind) {
    case 'null':
      return 0
    case 'float':
      return 4
    case 'double':
      return 8
    case 'fixed':
      return type.size
    case 'record': {
      if (enclosing.includes(type)) return 0
      const inner = [...enclosing, type]
      return type.fields.reduce((sum, field) => sum + minBytes(field.type, inner), 0)
    }
    default:
      return 1
  }
}

import type { AvroSchema } from '@millrace/format-avro'

/** A value that was written with one schema and is read with another, by the specification's section "Schema Resolution". */
export interface ResolutionCase {
  /** The rule, in the words of the specification's list. */
  readonly rule: string
  readonly writer: AvroSchema
  readonly value: unknown
  readonly reader: AvroSchema
  /** What is read; or that the record is bad, or that the schemas are refused before any record is read. */
  readonly expected: { readonly value: unknown } | 'bad record' | 'refused'
}

const record = (fields: readonly unknown[], more: object = {}): AvroSchema => ({ type: 'record', name: 'R', fields, ...more })
const enumOf = (symbols: readonly string[], more: object = {}): AvroSchema => ({ type: 'enum', name: 'E', symbols, ...more })
const fixed = (size: number, name = 'F'): AvroSchema => ({ type: 'fixed', name, size })
const array = (items: unknown): AvroSchema => ({ type: 'array', items })
const map = (values: unknown): AvroSchema => ({ type: 'map', values })
const as = (rule: string, writer: AvroSchema, value: unknown, reader: AvroSchema, expected: unknown = value): ResolutionCase => ({ rule, writer, value, reader, expected: { value: expected } })
const not = (rule: string, writer: AvroSchema, value: unknown, reader: AvroSchema, expected: 'bad record' | 'refused'): ResolutionCase => ({ rule, writer, value, reader, expected })

const a = { name: 'a', type: 'int' }

export const resolutionCases: readonly ResolutionCase[] = [
  as('the same primitive type', 'string', 'é', 'string'),
  as('int is promotable to long', 'int', -7, 'long'),
  as('int … to float', 'int', 7, 'float'),
  as('int … to double', 'int', 7, 'double'),
  as('long … to float', 'long', 7, 'float'),
  as('long … to double', 'long', 2 ** 40, 'double'),
  as('float … to double', 'float', 0.5, 'double'),
  as('string … to bytes', 'string', 'é', 'bytes', new Uint8Array(Buffer.from('é'))),
  as('bytes … to string', 'bytes', Buffer.from('é'), 'string', 'é'),
  not('long is not promotable to int', 'long', 7, 'int', 'refused'),
  not('double … to float', 'double', 0.5, 'float', 'refused'),
  not('boolean … to int', 'boolean', true, 'int', 'refused'),
  as('both arrays whose item types match', array('int'), [1, 2], array('double')),
  not('arrays whose item types do not match', array('string'), ['x'], array('int'), 'refused'),
  as('both maps whose value types match', map('int'), { k: 1 }, map('long'), new Map([['k', 1]])),
  as('both enums: symbols are matched by name', enumOf(['A', 'B']), 'B', enumOf(['B', 'C', 'A'])),
  as('… an unknown symbol becomes the default', enumOf(['A', 'B']), 'B', enumOf(['A', 'Z'], { default: 'Z' }), 'Z'),
  not('… without a default an error is signalled', enumOf(['A', 'B']), 'B', enumOf(['A']), 'bad record'),
  as('… and none where the symbol does not occur', enumOf(['A', 'B']), 'A', enumOf(['A'])),
  as('both fixed whose sizes and names match', fixed(2), Buffer.from([1, 2]), fixed(2), Uint8Array.of(1, 2)),
  not('fixed of another size', fixed(2), Buffer.from([1, 2]), fixed(3), 'refused'),
  not('fixed of another name', fixed(2), Buffer.from([1, 2]), fixed(2, 'G'), 'refused'),
  as('both records with the same (unqualified) name', record([a], { namespace: 'x.y' }), { a: 5 }, record([a], { namespace: 'z' })),
  as('… an alias of the reader names the writer’s record', record([a], { name: 'Old' }), { a: 5 }, record([a], { aliases: ['Old'] })),
  not('records of other names', record([a], { name: 'Old' }), { a: 5 }, record([a]), 'refused'),
  as('… fields are matched by name, in any order', record([a, { name: 'b', type: 'string' }]), { a: 1, b: 'x' }, record([{ name: 'b', type: 'string' }, { name: 'a', type: 'long' }])),
  as('… an alias of the reader names the writer’s field', record([{ name: 'old', type: 'int' }]), { old: 5 }, record([{ name: 'new', type: 'int', aliases: ['old'] }]), { new: 5 }),
  as('… a field that the reader lacks is ignored', record([a, { name: 'b', type: array('string') }]), { a: 1, b: ['x'] }, record([a]), { a: 1 }),
  as('… a field that the writer lacks has the default', record([a]), { a: 1 }, record([{ name: 'b', type: ['null', 'int'], default: null }, { name: 'c', type: array('int'), default: [1, 2] }, a]), { b: null, c: [1, 2], a: 1 }),
  not('… without a default an error is signalled', record([a]), { a: 1 }, record([a, { name: 'b', type: 'int' }]), 'refused'),
  as('both unions: the first matching branch of the reader’s', ['int', 'string'], 'x', ['string', 'int']),
  as('… with a branch more', ['null', 'int'], null, ['string', 'int', 'null']),
  not('… an error only if a branch occurs that the reader lacks', ['int', 'string'], 'x', ['int', 'boolean'], 'bad record'),
  as('… and none if it does not', ['int', 'string'], 7, ['int', 'boolean']),
  as('reader’s is a union, writer’s is not', 'int', 7, ['null', 'int']),
  as('… by promotion', 'int', 7, ['null', 'string', 'double']),
  not('… none matches', 'int', 7, ['null', 'string'], 'refused'),
  as('writer’s is a union, reader’s is not', ['null', 'int'], 7, 'int'),
  as('… by promotion', ['null', 'int'], 7, 'double'),
  not('… an error only if another branch occurs', ['null', 'int'], null, 'int', 'bad record'),
]

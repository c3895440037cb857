import { createRequire } from 'node:module'
import type * as Avsc from 'avsc'
import { MillraceError } from '@millrace/core/spi'

/** An Avro schema as JSON: a name, a union, or an object with `type`. */
export type AvroSchema = string | readonly AvroSchema[] | { readonly type: unknown; readonly [attribute: string]: unknown }

/** A node of a parsed and checked schema. */
export interface AvroType {
  readonly kind: 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string' | 'record' | 'enum' | 'fixed' | 'array' | 'map' | 'union'
  /** Only one that the specification defines and that is well-formed on this type; others are ignored, as it demands. */
  readonly logical: LogicalType | undefined
  /** With namespace; of records, enums and fixed. */
  readonly name: string | undefined
  readonly aliases: readonly string[]
  readonly fields: readonly AvroField[]
  readonly symbols: readonly string[]
  /** Of an enum: what symbols unknown to this schema are read as. */
  readonly defaultSymbol: string | undefined
  /** Bytes of a fixed. */
  readonly size: number
  /** Items of an array, values of a map. */
  readonly of: AvroType | undefined
  readonly branches: readonly AvroType[]
}

export interface AvroField {
  readonly name: string
  readonly aliases: readonly string[]
  readonly type: AvroType
  /** The default as an encoded datum of `type`; undefined if there is none. */
  readonly defaultBytes: Buffer | undefined
}

export interface LogicalType {
  readonly name: string
  readonly precision: number
  readonly scale: number
}

export interface ParsedSchema {
  readonly type: AvroType
  /** The schema as JSON text, with all its attributes. */
  readonly json: string
  /** The Parsing Canonical Form of the specification, which fingerprints are taken of. */
  readonly canonicalForm: string
}

/** What of avsc's types is looked at; its own declarations lack half of it. */
interface AvscType {
  readonly typeName: string
  readonly name?: string
  readonly aliases?: readonly string[]
  readonly fields?: readonly { readonly name: string; readonly aliases: readonly string[]; readonly type: AvscType; defaultValue(): unknown }[]
  readonly symbols?: readonly string[]
  readonly size?: number
  readonly itemsType?: AvscType
  readonly valuesType?: AvscType
  readonly types?: readonly AvscType[]
  toBuffer(value: unknown): Buffer
  schema(): unknown
}

/**
 * Parses and checks a schema (names, defaults, references) with avsc, which is loaded at first use. Throws AVRO_SCHEMA, and
 * AVRO_CODE_GENERATION where no code may be generated: avsc does that for every type.
 * @param subject whose schema it is, for the message.
 */
export function parseSchema(schema: AvroSchema | string, subject: string): ParsedSchema {
  const avsc = createRequire(import.meta.url)('avsc') as typeof Avsc
  try {
    const raw: unknown = typeof schema === 'string' && /^\s*[[{"]/.test(schema) ? JSON.parse(schema) : schema
    const attributes = new Map<AvscType, Attributes>()
    const parsing = new Set<unknown>()
    const root = avsc.Type.forSchema(raw as Avsc.Schema, {
      wrapUnions: true, // all unions alike, whether a bare value would tell the branch or not
      typeHook(each, options) {
        if (typeof each !== 'object' || Array.isArray(each) || parsing.has(each)) return undefined
        parsing.add(each) // the call below comes back here and must then go on
        const type = avsc.Type.forSchema(each, options)
        attributes.set(type as unknown as AvscType, each as Attributes)
        return type
      },
    }) as unknown as AvscType
    return { type: new TypeTree(attributes).nodeOf(root), json: JSON.stringify(raw), canonicalForm: JSON.stringify(root.schema()) }
  } catch (error) {
    if (error instanceof EvalError) {
      const message = 'Avro needs code generation, which this process forbids: start Node.js without --disallow-code-generation-from-strings, or use another format'
      throw new MillraceError('AVRO_CODE_GENERATION', message, { origin: 'user', cause: error })
    }
    throw MillraceError.wrap(error, 'AVRO_SCHEMA', `${subject}: expected an Avro schema`, { origin: 'user' })
  }
}

/** Of an array or map. */
export function itemOf(type: AvroType): AvroType {
  return type.of as AvroType
}

interface Attributes {
  readonly logicalType?: unknown
  readonly precision?: unknown
  readonly scale?: unknown
  readonly default?: unknown
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Nodes for avsc's types; a recursive type has one node, which is filled after it was made. */
class TypeTree {
  readonly #attributes: ReadonlyMap<AvscType, Attributes>
  readonly #nodes = new Map<AvscType, AvroType>()

  constructor(attributes: ReadonlyMap<AvscType, Attributes>) {
    this.#attributes = attributes
  }

  nodeOf(type: AvscType): AvroType {
    const known = this.#nodes.get(type)
    if (known !== undefined) return known
    const kind = (type.typeName === 'error' ? 'record' : type.typeName.replace(/:.*/, '')) as AvroType['kind']
    const attributes = this.#attributes.get(type) ?? {}
    const node: Mutable<AvroType> = {
      kind,
      logical: logicalType(kind, type.size ?? 0, attributes),
      name: type.name,
      aliases: type.aliases ?? [],
      fields: [],
      symbols: type.symbols ?? [],
      defaultSymbol: kind === 'enum' && typeof attributes.default === 'string' ? attributes.default : undefined,
      size: type.size ?? 0,
      of: undefined,
      branches: [],
    }
    this.#nodes.set(type, node)
    const of = type.itemsType ?? type.valuesType
    if (of !== undefined) node.of = this.nodeOf(of)
    node.branches = (type.types ?? []).map((branch) => this.nodeOf(branch))
    node.fields = (type.fields ?? []).map((field) => {
      const value = field.defaultValue()
      return { name: field.name, aliases: field.aliases, type: this.nodeOf(field.type), defaultBytes: value === undefined ? undefined : field.type.toBuffer(value) }
    })
    return node
  }
}

const LOGICAL_BASES: Readonly<Record<string, readonly AvroType['kind'][]>> = {
  decimal: ['bytes', 'fixed'],
  uuid: ['string', 'fixed'],
  date: ['int'],
  'time-millis': ['int'],
  'time-micros': ['long'],
  'timestamp-millis': ['long'],
  'timestamp-micros': ['long'],
  'timestamp-nanos': ['long'],
  'local-timestamp-millis': ['long'],
  'local-timestamp-micros': ['long'],
  'local-timestamp-nanos': ['long'],
  duration: ['fixed'],
}

function logicalType(kind: AvroType['kind'], size: number, { logicalType: name, precision, scale = 0 }: Attributes): LogicalType | undefined {
  if (typeof name !== 'string' || !(LOGICAL_BASES[name]?.includes(kind) ?? false)) return undefined
  if (name === 'duration' && size !== 12) return undefined
  if (name === 'uuid' && kind === 'fixed' && size !== 16) return undefined
  if (name !== 'decimal') return { name, precision: 0, scale: 0 }
  const valid = Number.isInteger(precision) && Number.isInteger(scale) && (scale as number) >= 0 && (precision as number) >= 1 && (scale as number) <= (precision as number)
  if (!valid || (kind === 'fixed' && (precision as number) > Math.floor(Math.log10(2) * (8 * size - 1)))) return undefined
  return { name, precision: precision as number, scale: scale as number }
}

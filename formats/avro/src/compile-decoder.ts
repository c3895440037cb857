import { MillraceError } from '@millrace/core/spi'
import type { TypeSchema } from '@millrace/core/spi'
import { inField, schemaMismatch } from './avro-error.ts'
import { itemOf } from './avro-type.ts'
import type { AvroType } from './avro-type.ts'
import { naturalType } from './from-avro-schema.ts'
import { listDecoder, mapDecoder } from './item-decoders.ts'
import { leafDecoder } from './leaf-decoder.ts'
import type { Decoder, SubMillis } from './leaf-decoder.ts'
import { durationDecoder, recordDecoder } from './record-decoder.ts'
import { branchAt, skipValue } from './skip-value.ts'

/** What a writer's kind may be read as, by the specification's rules of schema resolution. */
const PROMOTIONS: { readonly [kind in AvroType['kind']]?: readonly AvroType['kind'][] } = {
  int: ['int', 'long', 'float', 'double'],
  long: ['long', 'float', 'double'],
  float: ['float', 'double'],
  string: ['string', 'bytes'],
  bytes: ['bytes', 'string'],
}

/**
 * Compiles the reading of data that were written with one schema as values of a type, once per pair of schemas.
 *
 * With a reader's schema the rules of schema resolution in the specification hold: names and aliases, defaults, promotions,
 * enum defaults; a union that is read as one of its branches fails only where another branch occurs. Without one the type
 * alone decides: fields go by name, and a nullable field that the writer lacks is null.
 */
export class DecoderCompiler {
  readonly #subMillis: SubMillis
  /** Of records of no declared structure: they may contain themselves. */
  readonly #generic = new Map<AvroType, Map<AvroType | undefined, Decoder>>()

  constructor(subMillis: SubMillis) {
    this.#subMillis = subMillis
  }

  /** Throws AVRO_SCHEMA if no value of the writer's schema can be read as `target`. */
  compile(writer: AvroType, reader: AvroType | undefined, target: TypeSchema, path: string): Decoder {
    if (writer.kind === 'union') return this.#union(writer, reader, target, path)
    if (target.kind === 'nullable') return writer.kind === 'null' ? () => null : this.compile(writer, withoutNull(reader), target.of, path)
    if (target.kind === 'generic') return this.#natural(writer, reader, path)
    if (reader?.kind === 'union') return this.compile(writer, this.#branchFor(writer, reader, path), target, path)
    if (reader !== undefined) this.#checkNames(writer, reader, path)
    return this.#value(writer, reader, target, path)
  }

  #value(writer: AvroType, reader: AvroType | undefined, target: TypeSchema, path: string): Decoder {
    if (writer.kind === 'record') {
      if (target.kind === 'row') return recordDecoder(this, writer, reader, target.fields, path)
      if (target.kind === 'union') return this.#variant(writer, target.of, path)
    }
    if (writer.kind === 'array' && target.kind === 'list') return listDecoder(writer, this.compile(itemOf(writer), reader?.of, target.of, `${path}[]`))
    if (target.kind === 'map' && (writer.kind === 'map' || writer.kind === 'array')) {
      const map = mapDecoder(this, writer, reader, target, path)
      if (map !== undefined) return map
    }
    const logical = writer.logical ?? reader?.logical
    if (logical?.name === 'duration' && target.kind === 'row') return durationDecoder(target.fields, path)
    if (writer.kind === 'enum' && reader?.kind === 'enum') writer = withDefault(writer, reader)
    const leaf = leafDecoder(writer, logical, target, path, this.#subMillis)
    if (leaf === undefined) throw schemaMismatch(path, `the data hold ${describe(writer)}, which cannot be read as ${target.kind}. Correct the type`)
    return leaf
  }

  #union(writer: AvroType, reader: AvroType | undefined, target: TypeSchema, path: string): Decoder {
    let mismatch: MillraceError | undefined
    let readable = 0
    const decoders = writer.branches.map((branch): Decoder => {
      try {
        const decoder = this.compile(branch, reader, target, path)
        readable++
        return decoder
      } catch (error) {
        if (!MillraceError.is(error) || error.code !== 'AVRO_SCHEMA') throw error
        if (mismatch === undefined || branch.kind !== 'null') mismatch = error
        const reason = branch.kind === 'null' ? `expected ${target.kind}, found null; make the field nullable` : error.message
        return (tap) => {
          skipValue(branch, tap)
          tap.fail(path, reason)
        }
      }
    })
    if (readable === 0 && mismatch !== undefined) throw mismatch
    return (tap) => {
      const index = tap.long()
      return (decoders[index] ?? branchAt(writer, index) as never)(tap)
    }
  }

  /** Values as their schema has them. */
  #natural(writer: AvroType, reader: AvroType | undefined, path: string): Decoder {
    const into = reader?.kind === 'union' ? this.#branchFor(writer, reader, path) : reader
    if (writer.kind !== 'record') return this.compile(writer, into, naturalType(into ?? writer), path)
    const known = this.#generic.get(writer)?.get(into)
    if (known !== undefined) return known
    let compiled: Decoder | undefined
    const decoder: Decoder = (tap) => {
      compiled ??= this.compile(writer, into, naturalType(into ?? writer), path)
      return compiled(tap)
    }
    this.#generic.set(writer, (this.#generic.get(writer) ?? new Map<AvroType | undefined, Decoder>()).set(into, decoder))
    if (into !== undefined) this.#checkNames(writer, into, path)
    return decoder
  }

  /** The first branch of a reader's union that the writer's type resolves to; one of the same kind and name comes before promotions. */
  #branchFor(writer: AvroType, union: AvroType, path: string): AvroType {
    const same = union.branches.find((branch) => branch.kind === writer.kind && namesMatch(writer, branch))
    const branch = same ?? union.branches.find((each) => PROMOTIONS[writer.kind]?.includes(each.kind))
    if (branch === undefined) throw schemaMismatch(path, `the data hold ${describe(writer)}, which is none of the branches ${union.branches.map(describe).join(', ')} of the reader's schema`)
    return branch
  }

  #checkNames(writer: AvroType, reader: AvroType, path: string): void {
    if ((PROMOTIONS[writer.kind]?.includes(reader.kind) ?? reader.kind === writer.kind) && namesMatch(writer, reader)) return
    throw schemaMismatch(path, `the data hold ${describe(writer)}, the reader's schema has ${describe(reader)}. An alias in the reader's schema tells that a type was renamed`)
  }

  /** A row of a union: the one whose own values the discriminating field of the record has. */
  #variant(writer: AvroType, variants: readonly TypeSchema[], path: string): Decoder {
    const variant = variants.find(
      (each) => each.kind === 'row' && each.fields.some(({ name, type }) => type.kind === 'enum' && type.values.includes(writer.fields.find((field) => field.name === name)?.type.symbols[0] ?? '')),
    )
    if (variant === undefined) throw schemaMismatch(path, `the data hold ${describe(writer)}, which is none of the rows of the union`)
    return this.compile(writer, undefined, variant, path)
  }

  /** For values that are not in the data: `bytes` are a datum of `type`. */
  constant(type: AvroType, bytes: Buffer, target: TypeSchema, path: string): Decoder {
    const decode = this.compile(type, undefined, target, path)
    return (tap) => {
      const { bytes: data, at, end, text } = tap
      tap.open(bytes, 0, bytes.length)
      const value = decode(tap) // decoded again for every record, as records must not share what one of them might change
      tap.open(data, at, end, text)
      return value
    }
  }

  field(writer: AvroType, reader: AvroType | undefined, target: TypeSchema, path: string, name: string): Decoder {
    return this.compile(writer, reader, target, inField(path, name))
  }
}

function withoutNull(reader: AvroType | undefined): AvroType | undefined {
  if (reader?.kind !== 'union') return reader
  const values = reader.branches.filter(({ kind }) => kind !== 'null')
  return values.length === 1 ? values[0] : { ...reader, branches: values }
}

function namesMatch(writer: AvroType, reader: AvroType): boolean {
  if (writer.kind !== reader.kind || writer.name === undefined || reader.name === undefined) return true
  if (writer.kind === 'fixed' && writer.size !== reader.size) return false
  return unqualified(writer.name) === unqualified(reader.name) || reader.aliases.includes(writer.name)
}

function unqualified(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

/** Symbols that the reader does not know become its default symbol. */
function withDefault(writer: AvroType, reader: AvroType): AvroType {
  const { defaultSymbol } = reader
  if (defaultSymbol === undefined) return writer
  return { ...writer, symbols: writer.symbols.map((symbol) => (reader.symbols.includes(symbol) ? symbol : defaultSymbol)) }
}

function describe({ kind, name, logical, size }: AvroType): string {
  return `${kind}${name === undefined ? '' : ` ${name}`}${kind === 'fixed' ? ` of ${size} bytes` : ''}${logical === undefined ? '' : ` (${logical.name})`}`
}

import type { DeserializationSchema, FileReaderFormat, FileWriterFormat, Format, FormatRange, SerializationSchema, TypeInformation, TypeSchema } from '@millrace/core/spi'
import { resolveOptions } from './avro-options.ts'
import type { AvroOptions, ResolvedOptions } from './avro-options.ts'
import { AvroReader } from './avro-reader.ts'
import { parseSchema } from './avro-type.ts'
import type { AvroSchema, AvroType, ParsedSchema } from './avro-type.ts'
import { AvroWriter } from './avro-writer.ts'
import { codecNamed } from './codecs.ts'
import { DecoderCompiler } from './compile-decoder.ts'
import { EncoderCompiler } from './compile-encoder.ts'
import { rabinFingerprint } from './fingerprint.ts'
import { informationOf, naturalType } from './from-avro-schema.ts'
import type { Decoder } from './leaf-decoder.ts'
import type { Encoder } from './leaf-encoder.ts'
import { binaryDeserializer, binarySerializer, singleObjectDeserializer } from './message.ts'
import { registryDeserializer, registrySerializer } from './registry-messages.ts'
import { singleObjectHeader } from './single-object.ts'
import { avroSchemaOf } from './to-avro-schema.ts'

/** Everything a connector can ask a format for. */
export interface AvroFormat<T> extends Format<T> {
  readonly type: TypeInformation<T>
  readonly fileReader: FileReaderFormat<T>
  readonly fileWriter: FileWriterFormat<T>
  readonly deserialization: DeserializationSchema<T>
  readonly serialization: SerializationSchema<T>
}

/** A record of a schema whose type was not named. */
export type AvroRow = Readonly<Record<string, unknown>>

/** Files whose header says all there is to know. */
export interface AvroFileFormat extends Format<AvroRow> {
  readonly fileReader: FileReaderFormat<AvroRow>
}

/**
 * Avro: container files, bare messages, single-object encoding and messages of a schema registry.
 *
 * Without a type, files are read as their own schema says. With a type (`types.row({…})`), its fields are read, by name, from
 * whatever schema the data were written with, and written with the schema that `avroSchemaOf` makes of the type. With an Avro
 * schema, records have the type of `typeOfAvroSchema`, and what was written with another schema is resolved to it by the
 * specification's rules; `avro(type, { schema })` does the same for values of a type.
 *
 * Values: `long` as a number within ±(2^53 − 1), checked, or exactly as `types.bigint()`; all timestamps (local ones too, as if
 * their zone were UTC) as epoch milliseconds and times as milliseconds, finer digits cut off towards the past unless
 * `subMillis: 'reject'` makes them bad records, or as `types.bigint()` in the unit of the data; decimals as text; maps as Map; durations as `{months, days, millis}`.
 *
 * Bad records: AVRO_VALUE (a value that its type cannot hold; the next records are read), AVRO_DATA (the rest of a block, or a
 * block; reading goes on at the next marker). Errors: AVRO_DATA, AVRO_CODEC, AVRO_SCHEMA (schemas that do not fit),
 * AVRO_TYPE_MISMATCH (a value to be written), AVRO_UNSUPPORTED_TYPE, AVRO_OPTION, AVRO_UNKNOWN_SCHEMA, AVRO_REGISTRY….
 */
export function avro(): AvroFileFormat
export function avro<T>(type: TypeInformation<T>, options?: AvroOptions): AvroFormat<T>
export function avro(schema: AvroSchema, options?: AvroOptions): AvroFormat<AvroRow>
export function avro(typeOrSchema?: TypeInformation<AvroRow> | AvroSchema, options: AvroOptions = {}): AvroFileFormat | AvroFormat<AvroRow> {
  const resolved = resolveOptions(options)
  if (typeOrSchema === undefined) return { name: NAME, fileReader: fileReader(undefined, undefined, resolved) }
  const given = isTypeInformation(typeOrSchema) ? resolved.schema : typeOrSchema
  const own = parseSchema(given ?? avroSchemaOf(typeOrSchema as TypeInformation<AvroRow>, resolved), 'the schema of avro()')
  const type = isTypeInformation(typeOrSchema) ? typeOrSchema : (informationOf(naturalType(own.type)) as TypeInformation<AvroRow>)
  const reader = given === undefined ? undefined : own.type
  const encoder = (): Encoder => new EncoderCompiler().compile(own.type, type.schema, '')
  encoder() // what does not fit is reported here, not in the task
  return {
    name: NAME,
    type,
    fileReader: { ...fileReader(type.schema, reader, resolved), type },
    fileWriter: fileWriter(own, encoder, resolved),
    deserialization: { name: NAME, type, open: () => openDeserializer(own, reader, type.schema, resolved) },
    serialization: { name: NAME, open: () => openSerializer(own, encoder(), resolved) },
  }
}

const NAME = 'avro'

function isTypeInformation(value: TypeInformation<AvroRow> | AvroSchema): value is TypeInformation<AvroRow> {
  return typeof value === 'object' && 'serializer' in value
}

function fileReader(target: TypeSchema | undefined, reader: AvroType | undefined, options: ResolvedOptions): FileReaderFormat<AvroRow> {
  const decoderFor = (writer: AvroType): Decoder => new DecoderCompiler(options.subMillis).compile(writer, reader, target ?? naturalType(writer), '')
  const format: FileReaderFormat<unknown> = {
    name: NAME,
    wholeFileCompression: false,
    // Any cut will do: a reader looks for the first marker itself.
    planRanges: (input, { targetBytes }) => Promise.resolve(cutEvenly(input.bytes?.size ?? 0, targetBytes)),
    open: (input, open) => new AvroReader(input, open, { ...options, decoderFor }),
  }
  // Rows are made after the type's schema, which the compiler cannot follow.
  return format as FileReaderFormat<AvroRow>
}

function fileWriter(own: ParsedSchema, encoder: () => Encoder, options: ResolvedOptions): FileWriterFormat<unknown> {
  const { codec: codecName, codecs, blockBytes, metadata } = options
  const codec = codecNamed(codecName, codecs, 'option codec of avro()')
  return {
    name: NAME,
    extension: '.avro',
    // All blocks of a file carry its marker and have its schema, which the next attempt of a job may have changed.
    appendable: false,
    open: (output) => new AvroWriter(output, encoder(), { schema: own.json, codecName, codec, blockBytes, metadata }),
  }
}

function openDeserializer<T>(own: ParsedSchema, reader: AvroType | undefined, target: TypeSchema, { framing, knownSchemas, subMillis }: ResolvedOptions): ReturnType<DeserializationSchema<T>['open']> {
  const decoderFor = (writer: AvroType): Decoder => new DecoderCompiler(subMillis).compile(writer, reader, target, '')
  if (framing === 'binary') return binaryDeserializer(decoderFor(own.type))
  if (framing !== 'single-object') return registryDeserializer(framing, decoderFor)
  const schemas = [own, ...knownSchemas.map((schema) => parseSchema(schema, 'knownSchemas of avro()'))]
  return singleObjectDeserializer(new Map(schemas.map(({ type, canonicalForm }) => [rabinFingerprint(canonicalForm), decoderFor(type)])))
}

function openSerializer<T>(own: ParsedSchema, encode: Encoder, { framing }: ResolvedOptions): ReturnType<SerializationSchema<T>['open']> {
  if (framing === 'binary') return binarySerializer(encode, new Uint8Array(0))
  if (framing === 'single-object') return binarySerializer(encode, singleObjectHeader(rabinFingerprint(own.canonicalForm)))
  return registrySerializer(framing, own.json, encode)
}

function cutEvenly(size: number, targetBytes: number): readonly FormatRange[] {
  const count = Math.max(1, Math.round(size / targetBytes))
  const cut = (i: number): number => Math.floor((size / count) * i)
  return Array.from({ length: count }, (_, i) => ({ start: cut(i), end: i === count - 1 ? size : cut(i + 1) }))
}

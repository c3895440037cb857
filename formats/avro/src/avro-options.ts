import { MillraceError } from '@millrace/core/spi'
import type { AvroSchema } from './avro-type.ts'
import type { AvroCodec, AvroCodecName } from './codecs.ts'
import type { SubMillis } from './leaf-decoder.ts'
import type { SchemaRegistry } from './schema-registry.ts'

export interface AvroOptions {
  /** The schema to write with and to resolve what is read to, if not the one that `avroSchemaOf` makes of the type. */
  readonly schema?: AvroSchema
  /** Name of the record in a schema made of the type. Default: `Record`. */
  readonly name?: string
  readonly namespace?: string
  /** What digits of stored times beyond whole milliseconds do: get cut off towards the past (`floor`, the default), or make the record bad (`reject`). */
  readonly subMillis?: SubMillis
  /** Of the blocks of files that are written: `null`, `deflate`, `snappy` (default), `zstandard`, or one of `codecs`. */
  readonly codec?: AvroCodecName | (string & {})
  /** Codecs by the name that files carry: such as `bzip2` and `xz`, which are not built in. */
  readonly codecs?: Readonly<Record<string, AvroCodec>>
  /** Uncompressed bytes after which a block is written. Default: 64 KiB. */
  readonly blockBytes?: number
  /** The largest block that is read, compressed or not; beyond it a block is bad (AVRO_DATA). Default: 32 MiB. */
  readonly maxBlockBytes?: number
  /** Written into the header of files. */
  readonly metadata?: Readonly<Record<string, string>>
  /** What messages begin with: nothing (`binary`, the default), the fingerprint of their schema, or its number in a registry. */
  readonly framing?: 'binary' | 'single-object' | SchemaRegistry
  /** Schemas besides the own one that messages in single-object encoding may be written with. */
  readonly knownSchemas?: readonly AvroSchema[]
}

export type ResolvedOptions = Required<Omit<AvroOptions, 'schema' | 'namespace'>> & Pick<AvroOptions, 'schema' | 'namespace'>

export function resolveOptions(options: AvroOptions): ResolvedOptions {
  const { name = 'Record', subMillis = 'floor', codec = 'snappy', codecs = {}, blockBytes = 64 * 1024, maxBlockBytes = 32 * 1024 * 1024 } = options
  const { metadata = {}, framing = 'binary', knownSchemas = [] } = options
  if (!(Number.isInteger(blockBytes) && blockBytes >= 1 && blockBytes <= 2 ** 30)) throw badOption(`blockBytes as a whole number from 1 to 2^30, found ${blockBytes}`)
  if (!(Number.isInteger(maxBlockBytes) && maxBlockBytes >= 1 && maxBlockBytes <= 2 ** 30)) throw badOption(`maxBlockBytes as a whole number from 1 to 2^30, found ${maxBlockBytes}`)
  if (subMillis !== 'reject' && subMillis !== 'floor') throw badOption(`subMillis as 'reject' or 'floor', found ${JSON.stringify(subMillis)}`)
  const reserved = Object.keys(metadata).find((key) => key.startsWith('avro.'))
  if (reserved !== undefined) throw badOption(`metadata without keys that begin with avro., which are reserved, found ${reserved}`)
  const { schema, namespace } = options
  return { name, subMillis, codec, codecs, blockBytes, maxBlockBytes, metadata, framing, knownSchemas, ...(schema === undefined ? {} : { schema }), ...(namespace === undefined ? {} : { namespace }) }
}

function badOption(expected: string): MillraceError {
  return new MillraceError('AVRO_OPTION', `avro: expected the option ${expected}`, { origin: 'user' })
}

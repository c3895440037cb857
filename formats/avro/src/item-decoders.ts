import { ShortStringCache } from '@millrace/core/spi'
import type { TypeSchema } from '@millrace/core/spi'
import { itemOf } from './avro-type.ts'
import type { AvroType } from './avro-type.ts'
import type { DecoderCompiler } from './compile-decoder.ts'
import type { Decoder } from './leaf-decoder.ts'
import { minBytes } from './skip-value.ts'

export function listDecoder(writer: AvroType, item: Decoder): Decoder {
  const least = minBytes(itemOf(writer))
  return (tap) => {
    const items: unknown[] = []
    for (let count = tap.blockCount(least); count > 0; count = tap.blockCount(least)) {
      for (let index = 0; index < count; index++) items.push(item(tap))
    }
    return items
  }
}

/** Of a map, or of an array of `{key, value}` as `avroSchemaOf` makes it for keys that are no text. */
export function mapDecoder(compiler: DecoderCompiler, writer: AvroType, reader: AvroType | undefined, target: Extract<TypeSchema, { kind: 'map' }>, path: string): Decoder | undefined {
  const item = itemOf(writer)
  const at = `${path}[]`
  const least = minBytes(item) + (writer.kind === 'map' ? 1 : 0)
  let key: Decoder
  let value: Decoder
  if (writer.kind === 'map') {
    if (target.key.kind !== 'string') return undefined
    const cache = new ShortStringCache()
    key = (tap) => tap.string(at, cache)
    value = compiler.compile(item, reader?.of, target.value, at)
  } else {
    const [keys, values] = item.fields
    if (item.fields.length !== 2 || keys?.name !== 'key' || values?.name !== 'value') return undefined
    const into = reader?.of?.fields
    key = compiler.compile(keys.type, into?.find(({ name }) => name === 'key')?.type, target.key, at)
    value = compiler.compile(values.type, into?.find(({ name }) => name === 'value')?.type, target.value, at)
  }
  return (tap) => {
    const entries = new Map<unknown, unknown>()
    for (let count = tap.blockCount(least); count > 0; count = tap.blockCount(least)) {
      for (let index = 0; index < count; index++) entries.set(key(tap), value(tap))
    }
    return entries
  }
}

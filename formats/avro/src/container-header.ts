import { damaged } from './avro-error.ts'
import { ByteSink } from './byte-sink.ts'
import { ByteTap } from './byte-tap.ts'
import type { ByteWindow } from './byte-window.ts'

export const MARKER_BYTES = 16
const MAGIC = Buffer.from('Obj\u0001', 'latin1')
/** A header holds a schema and a few words; reading stops here when it does not end. */
const MAX_HEADER_BYTES = 16 * 1024 * 1024

/** What an object container file begins with. */
export interface ContainerHeader {
  readonly schema: string
  readonly codec: string
  readonly marker: Buffer
}

/** Leaves the window after the header. Throws AVRO_DATA. */
export async function readHeader(window: ByteWindow, file: string): Promise<ContainerHeader> {
  await window.need(MAGIC.length)
  if (!window.bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged('expected a file that begins with "Obj" and a byte 1', { file, offset: 0 })
  for (;;) {
    try {
      const tap = new ByteTap()
      tap.open(window.bytes, MAGIC.length, window.bytes.length)
      const header = parse(tap, file)
      window.index = tap.at
      return header
    } catch (error) {
      if (window.ended || window.bytes.length > MAX_HEADER_BYTES) throw error
      await window.more() // the header may just not be there yet
    }
  }
}

function parse(tap: ByteTap, file: string): ContainerHeader {
  const metadata = new Map<string, string>()
  for (let count = tap.blockCount(2); count > 0; count = tap.blockCount(2)) {
    for (let index = 0; index < count; index++) {
      const key = Buffer.from(tap.copy(tap.length())).toString()
      metadata.set(key, Buffer.from(tap.copy(tap.length())).toString())
    }
  }
  const marker = Buffer.from(tap.copy(MARKER_BYTES))
  const schema = metadata.get('avro.schema')
  if (schema === undefined) throw damaged('expected a header with avro.schema', { file, offset: 0 })
  return { schema, codec: metadata.get('avro.codec') ?? 'null', marker }
}

export function writeHeader({ schema, codec, marker }: ContainerHeader, metadata: Readonly<Record<string, string>>): Uint8Array {
  const sink = new ByteSink(1024)
  const entries = Object.entries({ ...metadata, 'avro.schema': schema, 'avro.codec': codec })
  sink.raw(MAGIC)
  sink.long(entries.length)
  for (const [key, value] of entries) {
    sink.string(key)
    sink.string(value)
  }
  sink.byte(0)
  sink.raw(marker)
  return sink.take()
}

import type { FileReaderFormat, SerializationSchema, TypeInformation } from '@millrace/core/spi'
import { changeType } from './changelog.ts'
import type { Change, RowKind } from './changelog.ts'
import { fromJson } from './from-json.ts'
import { JsonMismatch } from './json-mismatch.ts'
import type { JsonLinesFormat } from './json-lines.ts'
import { resolveOptions } from './json-options.ts'
import type { JsonLinesOptions } from './json-options.ts'
import { JsonWriter, stringify } from './json-writer.ts'
import type { Decoding } from './line-decoder.ts'
import { linesFileReader } from './lines-file-reader.ts'
import { messageDeserializer } from './message-deserializer.ts'
import { toJson } from './to-json.ts'
import type { ToJson } from './to-json.ts'

export type DebeziumJsonOptions = Pick<JsonLinesOptions, 'maxRecordBytes'>

/**
 * Debezium's change events as JSON, one a message or a line, with or without the `{schema, payload}` around them: `op` c
 * (create), r (snapshot read), u (update) and d (delete), with the row `before` and `after`. Each event becomes one change, an
 * update two. Tombstones (`null`) are passed over. An update or delete without `before` is a bad record (JSON_VALUE), since what
 * it takes back is not known: let the database log whole rows (PostgreSQL: REPLICA IDENTITY FULL).
 *
 * Written as Flink's debezium-json does: insert and update-after as `op` c, delete and update-before as `op` d.
 */
export function debeziumJson<T>(type: TypeInformation<T>, options: DebeziumJsonOptions = {}): JsonLinesFormat<Change<T>> & { readonly type: TypeInformation<Change<T>> } {
  const { maxRecordBytes } = resolveOptions('debeziumJson', options)
  const changes = changeType(type)
  const convert = changesOf(type)
  const decoding: Decoding = { convert, convertExact: convert, digits: true, many: true }
  const named = { name: 'debezium-json', type: changes }
  const encoder = (): ToJson => envelope(type)
  const serialization: SerializationSchema<Change<T>> = {
    name: named.name,
    open() {
      const toEnvelope = encoder()
      return { serialize: (change) => Buffer.from(stringify(change, toEnvelope)) }
    },
  }
  return {
    ...named,
    fileReader: { ...named, ...linesFileReader(decoding, maxRecordBytes) } as FileReaderFormat<Change<T>>,
    fileWriter: { name: named.name, extension: '.jsonl', appendable: true, open: (output) => new JsonWriter(output, encoder()) },
    deserialization: { ...named, open: () => messageDeserializer<Change<T>>(decoding) },
    serialization,
  }
}

type Members = Readonly<Record<string, unknown>>

function changesOf<T>(type: TypeInformation<T>): (value: unknown) => readonly Change<unknown>[] {
  const before = fromJson(type.schema, 'before')
  const after = fromJson(type.schema, 'after')
  return (value) => {
    if (value === null) return []
    if (!isObject(value)) throw new JsonMismatch('', 'a change event of Debezium', value)
    const event = 'payload' in value && !('op' in value) ? value['payload'] : value
    if (event === null) return []
    if (!isObject(event)) throw new JsonMismatch('payload', 'a change event of Debezium', event)
    const change = (kind: RowKind, side: 'before' | 'after'): Change<unknown> => {
      if (event[side] === null || event[side] === undefined) {
        throw new JsonMismatch(side, `the row of op ${String(event['op'])}${side === 'before' ? ' (PostgreSQL sends it with REPLICA IDENTITY FULL)' : ''}`, event[side])
      }
      return { kind, row: (side === 'before' ? before : after)(event[side]) }
    }
    switch (event['op']) {
      case 'c':
      case 'r':
        return [change('insert', 'after')]
      case 'u':
        return [change('update-before', 'before'), change('update-after', 'after')]
      case 'd':
        return [change('delete', 'before')]
      default:
        throw new JsonMismatch('op', 'one of c, r, u, d', event['op'])
    }
  }
}

function envelope<T>(type: TypeInformation<T>): ToJson {
  const before = toJson(type.schema, 'row')
  return (value) => {
    const { kind, row } = value as Change<unknown>
    const isGone = kind === 'delete' || kind === 'update-before'
    const json = before(row)
    return isGone ? { before: json, after: null, op: 'd' } : { before: null, after: json, op: 'c' }
  }
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

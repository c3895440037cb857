import { isUtf8 } from 'node:buffer'
import { MillraceError } from '@millrace/core/spi'
import type { MessageDeserializer } from '@millrace/core/spi'
import type { CsvDialect } from './csv-options.ts'
import { RecordScanner } from './record-scanner.ts'
import { RowDecoder } from './row-decoder.ts'
import type { RowField } from './row-decoder.ts'

/** Decodes a message of one or more lines without a header. A message with a bad record is bad as a whole: nothing of it is emitted; an empty one is a single empty field. */
export function messageDeserializer<T>(fields: readonly RowField[], dialect: CsvDialect, validate?: (row: unknown) => unknown): MessageDeserializer<T> {
  const columns = dialect.columns ?? fields.map(({ name }) => name)
  const decoder = new RowDecoder(fields, columns, dialect, 'message', validate)
  const scanner = new RecordScanner(dialect)
  return {
    deserialize(message, output) {
      const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
      if (!isUtf8(bytes)) throw bad('CSV_ENCODING', 'The message is not UTF-8', 0)
      const rows: unknown[] = []
      let index = 0
      do {
        const result = scanner.scan(bytes, index, bytes.length, true)
        if (result !== 'complete') throw bad('CSV_QUOTE', `The message is no CSV (${result})`, index)
        if (scanner.count !== columns.length) throw bad('CSV_COLUMN_COUNT', `Expected ${columns.length} fields, found ${scanner.count}`, index)
        const row = decoder.decode(scanner, bytes)
        if (row === undefined) throw bad('CSV_VALUE', decoder.failure?.reason ?? '', index, decoder.failure?.field ?? undefined)
        rows.push(row)
        index = scanner.next
      } while (index < bytes.length)
      for (const row of rows) output.collect(row as T)
    },
  }
}

function bad(code: string, message: string, offset: number, field?: string): MillraceError {
  return new MillraceError(code, message, { origin: 'external', at: { offset, ...(field === undefined ? {} : { field }) } })
}

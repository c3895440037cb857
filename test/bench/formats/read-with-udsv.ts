import { inferSchema, initParser } from 'udsv'
import { fileChunks } from './data-file.ts'

/** Chunk by chunk with a handler per row, as its documentation reads large files. */
export async function readWithUdsv<Row>(path: string, as: 'stringArrs' | 'typedArrs', take: (row: Row) => void): Promise<void> {
  const utf8 = new TextDecoder()
  let parser: ReturnType<typeof initParser> | undefined
  for await (const chunk of fileChunks(path)) {
    const text = utf8.decode(chunk, { stream: true })
    parser ??= initParser(inferSchema(text))
    // Its type declares the handler of all kinds of rows as one that takes unknown.
    const parse = parser[as] as (text: string) => unknown[]
    parser.chunk(text, parse, (row) => take(row as Row))
  }
  parser?.end()
}

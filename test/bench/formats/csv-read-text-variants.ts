import { types } from '@millrace/core'
import { csv } from '@millrace/format-csv'
import { parse } from 'csv-parse'
import { Readable } from 'node:stream'
import type { Variant } from '../rate-case.ts'
import { csvReadText } from './csv-read-text.ts'
import { TextTally, textFile } from './csv-text-data.ts'
import { fileChunks } from './data-file.ts'
import { readWithFormat } from './read-with-format.ts'
import { readWithUdsv } from './read-with-udsv.ts'

const Page = types.row({ id: types.string(), title: types.string(), body: types.string(), author: types.string(), tags: types.string() })
type Fields = readonly [string, string, string, string, string]

export function ours(): Variant {
  return reading((path, tally) => readWithFormat(csv(Page).fileReader, path, (row) => tally.take(row.id, row.title, row.body, row.author, row.tags)))
}

export function udsv(): Variant {
  return reading(async (path, tally) => {
    await readWithUdsv<Fields>(path, 'stringArrs', (row) => tally.take(...row))
  })
}

export function csvParse(): Variant {
  return reading(async (path, tally) => {
    const parser = Readable.from(fileChunks(path), { objectMode: false }).pipe(parse({ from_line: 2 }))
    parser.on('readable', () => {
      for (let row = parser.read() as Fields | null; row !== null; row = parser.read() as Fields | null) tally.take(...row)
    })
    await new Promise((resolve, reject) => parser.on('end', resolve).on('error', reject))
  })
}

function reading(read: (path: string, tally: TextTally) => Promise<void>): Variant {
  return {
    async prepare() {
      await textFile(csvReadText.records)
      await textFile(csvReadText.fewerRecords)
    },
    async run(records, check) {
      const tally = new TextTally(check)
      await read(await textFile(records), tally)
      return tally.outcome()
    },
  }
}

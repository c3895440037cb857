import type { Infer } from '@millrace/core'
import { jsonLines } from '@millrace/format-json'
import type { Outcome, Variant } from '../rate-case.ts'
import { clickLines } from './click-data.ts'
import type { Click } from './click-data.ts'
import { ClickTally } from './click-tally.ts'
import { fileChunks } from './data-file.ts'
import { jsonCases } from './json-read-lines.ts'
import type { Page } from './page-data.ts'
import { pageLines } from './page-data.ts'
import { readWithFormat } from './read-with-format.ts'

/** Reads a file and hands each value to `take`. */
type Read = (path: string, take: (value: unknown) => void) => Promise<void>

const readOurs: Read = (path, take) => readWithFormat(jsonLines().fileReader, path, take)

/** What a careful programmer writes: find the line breaks in the bytes, decode and parse each line. */
const parsePerLine: Read = async (path, take) => {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of fileChunks(path)) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let start = 0
    for (let end = bytes.indexOf(10, start); end >= 0; end = bytes.indexOf(10, start)) {
      take(JSON.parse(bytes.toString('utf8', start, end)))
      start = end + 1
    }
    rest = bytes.subarray(start)
  }
  if (rest.length > 0) take(JSON.parse(rest.toString()))
}

export const readClicks = (): Variant => clicks(readOurs)
export const parseClicks = (): Variant => clicks(parsePerLine)
export const readPages = (): Variant => pages(readOurs)
export const parsePages = (): Variant => pages(parsePerLine)

function clicks(read: Read): Variant {
  return reading('json/read-lines', clickLines, async (path) => {
    const tally = new ClickTally()
    await read(path, (click) => tally.take(click as Infer<typeof Click>))
    return tally.outcome()
  })
}

function pages(read: Read): Variant {
  return reading('json/read-wide-lines', pageLines, async (path) => {
    let [rows, digest] = [0, 0]
    await read(path, (value) => {
      const { id, author, title, body, score, tags, parts, draft } = value as Page
      rows++
      digest += id + author.name.length + author.city.length + title.length + body.length + score + tags.length + (parts[1]?.count ?? 0) + (draft === true ? 1 : 0)
    })
    return { rows, digest }
  })
}

function reading(name: string, file: (records: number) => Promise<string>, read: (path: string) => Promise<Outcome>): Variant {
  return {
    async prepare() {
      const rateCase = jsonCases.find((each) => each.name === name)
      for (const records of [rateCase?.records ?? 0, rateCase?.fewerRecords ?? 0]) await file(records)
    },
    run: async (records) => read(await file(records)),
  }
}

import type { Infer } from '@millrace/core'
import { jsonLines } from '@millrace/format-json'
import type { Variant } from '../rate-case.ts'
import { clickLines } from './click-data.ts'
import type { Click } from './click-data.ts'
import { ClickTally } from './click-tally.ts'
import { fileChunks } from './data-file.ts'
import { jsonReadLines } from './json-read-lines.ts'
import { readWithFormat } from './read-with-format.ts'

type Clicks = Infer<typeof Click>

export function ours(): Variant {
  return reading((path, tally) => readWithFormat(jsonLines().fileReader, path, (click) => tally.take(click as Clicks)))
}

/** What a careful programmer writes: find the line breaks in the bytes, decode and parse each line. */
export function parsePerLine(): Variant {
  return reading(async (path, tally) => {
    let rest: Buffer = Buffer.alloc(0)
    for await (const chunk of fileChunks(path)) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      let start = 0
      for (let end = bytes.indexOf(10, start); end >= 0; end = bytes.indexOf(10, start)) {
        tally.take(JSON.parse(bytes.toString('utf8', start, end)) as Clicks)
        start = end + 1
      }
      rest = bytes.subarray(start)
    }
    if (rest.length > 0) tally.take(JSON.parse(rest.toString()) as Clicks)
  })
}

function reading(read: (path: string, tally: ClickTally) => Promise<void>): Variant {
  return {
    async prepare() {
      await clickLines(jsonReadLines.records)
      await clickLines(jsonReadLines.fewerRecords)
    },
    async run(records) {
      const tally = new ClickTally()
      await read(await clickLines(records), tally)
      return tally.outcome()
    },
  }
}

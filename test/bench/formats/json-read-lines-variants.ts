import { jsonLines } from '@millrace/format-json'
import type { Outcome, Variant } from '../rate-case.ts'
import { clickLines } from './click-data.ts'
import { fileChunks } from './data-file.ts'
import { jsonReadLines } from './json-read-lines.ts'
import { readWithFormat } from './read-with-format.ts'

interface Click {
  readonly id: number
  readonly user: string
  readonly page: string
  readonly ms: number
  readonly ok: boolean
}

class ClickTally {
  #rows = 0
  #sum = 0

  take(click: Click): void {
    this.#rows++
    this.#sum += click.id + click.user.length + click.page.length + click.ms + (click.ok ? 1 : 0)
  }

  outcome(): Outcome {
    return { rows: this.#rows, digest: this.#sum }
  }
}

export function ours(): Variant {
  return reading((path, tally) => readWithFormat(jsonLines().fileReader, path, (click) => tally.take(click as Click)))
}

/** What a careful programmer writes: find the line breaks in the bytes, decode and parse each line. */
export function parsePerLine(): Variant {
  return reading(async (path, tally) => {
    let rest: Buffer = Buffer.alloc(0)
    for await (const chunk of fileChunks(path)) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      let start = 0
      for (let end = bytes.indexOf(10, start); end >= 0; end = bytes.indexOf(10, start)) {
        tally.take(JSON.parse(bytes.toString('utf8', start, end)) as Click)
        start = end + 1
      }
      rest = bytes.subarray(start)
    }
    if (rest.length > 0) tally.take(JSON.parse(rest.toString()) as Click)
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

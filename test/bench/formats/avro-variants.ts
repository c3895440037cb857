import type { Infer } from '@millrace/core'
import { avro, avroSchemaOf } from '@millrace/format-avro'
import { jsonLines } from '@millrace/format-json'
import avsc from 'avsc'
import type { Schema } from 'avsc'
import type { Variant } from '../rate-case.ts'
import { avroCases } from './avro-cases.ts'
import { clickAvro } from './click-avro.ts'
import { Click, clickLines } from './click-data.ts'
import { ClickTally } from './click-tally.ts'
import { readWithFormat } from './read-with-format.ts'

type Clicks = Infer<typeof Click>

export function readOurs(): Variant {
  return reading((path, tally) => readWithFormat(avro(Click).fileReader, path, (click) => tally.take(click)))
}

export function readAvsc(): Variant {
  return reading(
    (path, tally) =>
      new Promise((resolve, reject) => {
        avsc.createFileDecoder(path).on('data', (click: Clicks) => tally.take(click)).on('end', resolve).on('error', reject)
      }),
  )
}

function reading(read: (path: string, tally: ClickTally) => Promise<void>): Variant {
  return {
    async prepare() {
      for (const records of sizesOf('avro/read-file')) await clickAvro(records)
    },
    async run(records) {
      const tally = new ClickTally()
      await read(await clickAvro(records), tally)
      return tally.outcome()
    },
  }
}

export function encodeOurs(): Variant {
  return encoding(() => {
    const serializer = avro(Click).serialization.open()
    return (click) => serializer.serialize(click)
  })
}

export function encodeAvsc(): Variant {
  return encoding(() => {
    const type = avsc.Type.forSchema(avroSchemaOf(Click) as Schema)
    return (click) => type.toBuffer(click)
  })
}

const DISTINCT = 100_000

function encoding(open: () => (click: Clicks) => Uint8Array): Variant {
  const clicks: Clicks[] = []
  return {
    async prepare() {
      await readWithFormat(jsonLines(Click).fileReader, await clickLines(DISTINCT), (click) => clicks.push(click))
    },
    run(records) {
      const encode = open()
      let digest = 0
      for (let i = 0; i < records; i++) {
        const bytes = encode(clicks[i % DISTINCT] as Clicks)
        digest += bytes.length + (bytes[bytes.length >> 1] as number)
      }
      return { rows: records, digest }
    },
  }
}

function sizesOf(name: string): readonly number[] {
  const rateCase = avroCases.find((each) => each.name === name)
  return [rateCase?.records ?? 0, rateCase?.fewerRecords ?? 0]
}

import { existsSync, renameSync, writeFileSync } from 'node:fs'
import { avro } from '@millrace/format-avro'
import { jsonLines } from '@millrace/format-json'
import { Click, clickLines } from './click-data.ts'
import { readWithFormat } from './read-with-format.ts'

/** The clicks as a container file without compression. */
export async function clickAvro(records: number): Promise<string> {
  const lines = await clickLines(records)
  const path = lines.replace('.jsonl', '.plain.avro')
  if (existsSync(path)) return path
  const chunks: Uint8Array[] = []
  const writer = avro(Click, { codec: 'null' }).fileWriter.open({ write: (bytes) => void chunks.push(bytes) }, { continued: false })
  await readWithFormat(jsonLines(Click).fileReader, lines, (click) => writer.write(click))
  await writer.finish()
  writeFileSync(`${path}.${process.pid}`, Buffer.concat(chunks))
  renameSync(`${path}.${process.pid}`, path)
  return path
}

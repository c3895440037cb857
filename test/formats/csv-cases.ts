import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { CsvOptions } from '@millrace/format-csv'

export interface CsvCase {
  readonly name: string
  readonly bytes: Uint8Array
  readonly options: CsvOptions
  /** The rows by column, or the codes of the bad records. */
  readonly expected: readonly Readonly<Record<string, string>>[] | readonly string[]
}

/** The corpus csv-spectrum, but for one file: its JSON twin has another telephone number. */
export function spectrumCases(): readonly CsvCase[] {
  const folder = dirname(createRequire(new URL('../../formats/csv/package.json', import.meta.url)).resolve('csv-spectrum'))
  return readdirSync(join(folder, 'csvs'))
    .map((file) => file.replace('.csv', ''))
    .filter((name) => name !== 'location_coordinates')
    .map((name) => ({
      name,
      bytes: readFileSync(join(folder, 'csvs', `${name}.csv`)),
      options: {},
      expected: JSON.parse(readFileSync(join(folder, 'json', `${name}.json`), 'utf8')) as Record<string, string>[],
    }))
}

const of = (name: string, text: string, expected: CsvCase['expected'], options: CsvOptions = {}): CsvCase => ({ name, bytes: Buffer.from(text), options, expected })
const rows = (...pairs: readonly (readonly [string, string])[]): readonly Readonly<Record<string, string>>[] => pairs.map(([a, b]) => ({ a, b }))

/** RFC 4180, section 2 by number, and what it leaves open. */
export const rfc4180Cases: readonly CsvCase[] = [
  of('1. records end with CRLF', 'a,b\r\n1,x\r\n2,y\r\n', rows(['1', 'x'], ['2', 'y'])),
  of('2. the last record needs no line break', 'a,b\r\n1,x', rows(['1', 'x'])),
  of('3. a header of names', 'a,b\r\n', rows()),
  of('3. no header', '1,x\r\n', rows(['1', 'x']), { header: false, columns: ['a', 'b'] }),
  of('4. blanks are part of a field', 'a,b\r\n 1 , x \r\n', rows([' 1 ', ' x '])),
  of('4. one field too many', 'a,b\r\n1,x,\r\n', ['CSV_COLUMN_COUNT']),
  of('4. one field too few', 'a,b\r\n1\r\n', ['CSV_COLUMN_COUNT']),
  of('5. fields in quotes', 'a,b\r\n"1","x"\r\n', rows(['1', 'x'])),
  of('5. an empty field in quotes', 'a,b\r\n"",\r\n', rows(['', ''])),
  of('5. a quote inside a field without quotes', 'a,b\r\n1,x"y"\r\n', rows(['1', 'x"y"'])),
  of('6. line breaks, delimiters and quotes in quotes', 'a,b\r\n"1\r\n,","x""y"\r\n', rows(['1\r\n,', 'x"y'])),
  of('7. a field of quotes only', 'a,b\r\n"""","""""",\r\n'.replace(',\r\n', '\r\n'), rows(['"', '""'])),
  of('text behind a closing quote', 'a,b\r\n"1"2,x\r\n3,y\r\n', ['CSV_QUOTE']),
  of('a quote that is never closed', 'a,b\r\n1,"x\r\n', ['CSV_QUOTE']),
  of('LF alone', 'a,b\n1,x\n\n2,y\n', rows(['1', 'x'], ['2', 'y'])),
  of('CR alone', 'a,b\r1,x\r2,"\r"\r', rows(['1', 'x'], ['2', '\r'])),
  of('a byte order mark', '\uFEFFa,b\n1,x\n', rows(['1', 'x'])),
  of('a byte order mark before a quote', '\uFEFF"a",b\n1,x\n', rows(['1', 'x'])),
  of('letters of two, three and four bytes', 'a,b\né,漢\n😀,"é,漢,😀"\n', rows(['é', '漢'], ['😀', 'é,漢,😀'])),
  of('zero bytes', 'a,b\n\0,"\0"\n', rows(['\0', '\0'])),
  of('an empty file', '', rows(), { header: false, columns: ['a', 'b'] }),
]

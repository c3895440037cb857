import type { CsvDialect } from './csv-options.ts'

/** Text as the bytes of a file. */
export function encodeText(text: string, { encoding }: CsvDialect): Buffer {
  switch (encoding) {
    case 'utf-8':
      return Buffer.from(text)
    case 'latin1':
      return Buffer.from(text, 'latin1')
    case 'utf-16le':
      return Buffer.from(text, 'utf16le')
    case 'utf-16be':
      return Buffer.from(text, 'utf16le').swap16()
  }
}

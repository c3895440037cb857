import type { CsvEncoding } from './csv-options.ts'

/**
 * UTF-16 as UTF-8, so that one scanner serves all encodings. A surrogate without its partner becomes three bytes that are no
 * UTF-8, so that it is found like any other damage.
 */
export async function* utf16ToUtf8(chunks: AsyncIterable<Uint8Array>, encoding: CsvEncoding): AsyncGenerator<Uint8Array> {
  const high = encoding === 'utf-16be' ? 0 : 1
  let rest: Uint8Array = new Uint8Array(0)
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let usable = bytes.length & ~1
    const last = usable === 0 ? 0 : (bytes[usable - 2 + high] as number)
    if (last >= 0xd8 && last <= 0xdb) usable -= 2
    rest = bytes.subarray(usable)
    if (usable > 0) yield convert(bytes, usable, high)
  }
  if (rest.length >= 2) yield convert(rest, 2, high)
  if (rest.length % 2 === 1) yield Uint8Array.of(0xff) // half a unit is no text
}

/** How many bytes of UTF-16 the UTF-8 bytes of [from, to) were made of. */
export function utf16Bytes(bytes: Uint8Array, from: number, to: number): number {
  let units = 0
  for (let i = from; i < to; i++) {
    const byte = bytes[i] as number
    if (byte < 0x80 || byte >= 0xc0) units += byte >= 0xf0 && byte < 0xf8 ? 2 : 1
  }
  return units * 2
}

/** The UTF-16 that UTF-8 bytes were made of. */
export function utf8ToUtf16(bytes: Uint8Array, encoding: CsvEncoding): Buffer {
  const utf16 = Buffer.from(Buffer.from(bytes).toString('utf8'), 'utf16le')
  return encoding === 'utf-16be' ? utf16.swap16() : utf16
}

function convert(bytes: Uint8Array, length: number, high: number): Uint8Array {
  const utf8 = new Uint8Array(length * 2)
  const low = 1 - high
  let at = 0
  for (let i = 0; i < length; i += 2) {
    let code = ((bytes[i + high] as number) << 8) | (bytes[i + low] as number)
    if (code < 0x80) {
      utf8[at++] = code
      continue
    }
    if (code < 0x800) {
      utf8[at++] = 0xc0 | (code >> 6)
      utf8[at++] = 0x80 | (code & 0x3f)
      continue
    }
    const next = i + 3 < length ? ((bytes[i + 2 + high] as number) << 8) | (bytes[i + 2 + low] as number) : 0
    if (code >= 0xd800 && code < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
      code = 0x10000 + ((code & 0x3ff) << 10) + (next & 0x3ff)
      utf8[at++] = 0xf0 | (code >> 18)
      utf8[at++] = 0x80 | ((code >> 12) & 0x3f)
      i += 2
    } else utf8[at++] = 0xe0 | (code >> 12)
    utf8[at++] = 0x80 | ((code >> 6) & 0x3f)
    utf8[at++] = 0x80 | (code & 0x3f)
  }
  return utf8.subarray(0, at)
}

import { mayGenerateCode } from './code-generation.ts'

/** The longest text that `shortAsciiDecoder` decodes; longer ones are faster in native code. */
export const MAX_SHORT_ASCII = 20

/** Decodes `length` ≤ MAX_SHORT_ASCII bytes below 0x80 that start at `at`. */
export type ShortAsciiDecoder = (bytes: Uint8Array, at: number, length: number) => string

let decoder: ShortAsciiDecoder | undefined

/**
 * One String.fromCharCode call of exactly as many arguments as there are characters: V8 makes the string without a call
 * into native code and without joining pieces. Written out by a generator, since no loop can say it.
 */
export function shortAsciiDecoder(): ShortAsciiDecoder {
  decoder ??= mayGenerateCode() ? generate() : (bytes, at, length) => String.fromCharCode(...bytes.subarray(at, at + length))
  return decoder
}

function generate(): ShortAsciiDecoder {
  const cases = Array.from({ length: MAX_SHORT_ASCII + 1 }, (_, length) => {
    const codes = Array.from({ length }, (__, index) => `bytes[at + ${index}]`)
    return `case ${length}: return String.fromCharCode(${codes.join(', ')})`
  })
  return new Function('bytes', 'at', 'length', `switch (length) {\n${cases.join('\n')}\n}\n//# sourceURL=millrace-short-ascii`) as ShortAsciiDecoder
}

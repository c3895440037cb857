/** Native methods of Buffer that its declarations leave out: without the checks around them, which cost as much as a short string. */
interface SliceableBuffer {
  latin1Slice(start: number, end: number): string
  utf8Slice(start: number, end: number): string
}

/** The bytes [start, end), 0 ≤ start ≤ end ≤ length, as UTF-8; U+FFFD for what is none. What `toString` gives, faster for short texts. */
export function utf8Slice(bytes: Buffer, start: number, end: number): string {
  return (bytes as unknown as SliceableBuffer).utf8Slice(start, end)
}

/** The bytes [start, end), 0 ≤ start ≤ end ≤ length, as Latin-1: a letter per byte. */
export function latin1Slice(bytes: Buffer, start: number, end: number): string {
  return (bytes as unknown as SliceableBuffer).latin1Slice(start, end)
}

/** Random access to the bytes of one file or object. The whole read side that a format needs. */
export interface ReadableBytes {
  /** Total bytes. */
  readonly size: number
  /** The bytes of [start, end), 0 ≤ start ≤ end ≤ size. Exactly end − start of them, or a rejection. Never reuses a returned buffer. */
  read(start: number, end: number): Promise<Uint8Array>
}

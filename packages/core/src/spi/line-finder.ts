import type { PlacedBadRecord } from './file-reader-format.ts'

const LF = 0x0a
const CR = 0x0d
/** A bad record behind this many bytes gets no line number: reading all before it once more would cost too much. */
const MAX_BYTES = 256 * 1024 * 1024

/**
 * Line numbers for bad records. Readers do not count lines: most files have no bad record, and a reader of a range has not
 * seen what comes before it. So the file is read once more from its start, as far as the last record that is asked for.
 */
export class LineFinder {
  readonly #open: () => AsyncIterable<Uint8Array>
  readonly #encoding: string
  #chunks: AsyncIterator<Uint8Array> | undefined
  #chunk: Uint8Array = new Uint8Array(0)
  #index = 0
  /** In the file, of `#index`. */
  #offset = 0
  #line = 1
  #afterCr = false
  /** The first byte of a UTF-16 unit. */
  #half = 0

  /**
   * @param open gives the file's bytes from its start.
   * @param encoding of the file: `utf-16le`, `utf-16be`, or any in which line breaks are single bytes.
   */
  constructor(open: () => AsyncIterable<Uint8Array>, encoding: string = 'utf-8') {
    this.#open = open
    this.#encoding = encoding
  }

  /** The line, from 1, of what starts at `offset`; null beyond 256 MiB. Offsets must not fall from call to call. */
  async lineAt(offset: number): Promise<number | null> {
    if (offset > MAX_BYTES) return null
    const chunks = (this.#chunks ??= this.#open()[Symbol.asyncIterator]())
    while (this.#offset < offset) {
      if (this.#index === this.#chunk.length) {
        const next = await chunks.next()
        if (next.done === true) break
        this.#chunk = next.value
        this.#index = 0
      } else this.#count(Math.min(this.#chunk.length, this.#index + offset - this.#offset))
    }
    return this.#line
  }

  /** Bad records in order of their offsets, with their lines. */
  async withLines(bad: readonly PlacedBadRecord[]): Promise<readonly PlacedBadRecord[]> {
    const placed: PlacedBadRecord[] = []
    for (const { index, record } of bad) placed.push({ index, record: { ...record, line: await this.lineAt(record.offset ?? 0) } })
    return placed
  }

  async close(): Promise<void> {
    await this.#chunks?.return?.()
  }

  #count(end: number): void {
    const chunk = this.#chunk
    const wide = this.#encoding === 'utf-16le' || this.#encoding === 'utf-16be'
    const start = this.#index
    for (let i = start; i < end; i++) {
      let unit = chunk[i] as number
      if (wide) {
        const first = this.#half
        this.#half = unit
        if (((this.#offset + i - start) & 1) === 0) continue
        unit = this.#encoding === 'utf-16le' ? (unit << 8) | first : (first << 8) | unit
      }
      if (unit === CR || (unit === LF && !this.#afterCr)) this.#line++
      this.#afterCr = unit === CR
    }
    this.#index = end
    this.#offset += end - start
  }
}

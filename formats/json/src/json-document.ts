import { MillraceError } from '@millrace/core/spi'
import type { ByteWindow } from '@millrace/core/spi'
import { ValueScanner } from './value-scanner.ts'

const BOM = Buffer.from('\uFEFF')
const [QUOTE, COMMA, COLON, OPEN, CLOSE] = [0x22, 0x2c, 0x3a, 0x7b, 0x7d] as const

/** Walks through one JSON document token by token, as far as its bytes are needed in memory. Throws JSON_DOCUMENT. */
export class JsonDocument {
  readonly window: ByteWindow
  readonly #path: string
  readonly #maxBytes: number
  readonly #scanner = new ValueScanner()

  /** @param path of the file, for messages. */
  constructor(window: ByteWindow, path: string, maxBytes: number) {
    this.window = window
    this.#path = path
    this.#maxBytes = maxBytes
  }

  async skipMark(): Promise<void> {
    const { window } = this
    while (!window.ended && window.bytes.length < BOM.length) await window.more()
    if (window.bytes.subarray(0, BOM.length).equals(BOM)) window.index = BOM.length
  }

  /** The next byte that is no blank, without taking it; −1 at the end. */
  async peek(): Promise<number> {
    const { window } = this
    for (;;) {
      for (; window.index < window.bytes.length; window.index++) {
        const byte = window.bytes[window.index] as number
        if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return byte
      }
      if (window.ended) return -1
      await window.more()
    }
  }

  async expect(wanted: number, what: string): Promise<void> {
    const found = await this.peek()
    if (found !== wanted) throw this.error(`expected ${what}, found ${describe(found)}`)
    this.window.index++
  }

  /** Goes to the value of the first member of this name. The window stands before an object. */
  async enter(name: string, path: readonly string[]): Promise<void> {
    await this.expect(OPEN, `an object with the member ${JSON.stringify(name)}`)
    const names: string[] = []
    for (let next = await this.peek(); next !== CLOSE; next = await this.peek()) {
      if (names.length > 0) await this.expect(COMMA, 'a comma or the end of an object')
      const found = await this.#memberName()
      if (found === name) return
      if (names.push(found) > 20) names.splice(10, 1)
      await this.skipValue()
    }
    throw this.error(`expected the member ${JSON.stringify(name)} of the path ${JSON.stringify(path.join('.'))}, found ${names.length === 0 ? 'an empty object' : names.join(', ')}`)
  }

  /** Passes over the members that follow, and the end of the object. */
  async leave(): Promise<void> {
    for (let next = await this.peek(); next !== CLOSE; next = await this.peek()) {
      await this.expect(COMMA, 'a comma or the end of an object')
      await this.#memberName()
      await this.skipValue()
    }
    this.window.index++
  }

  async expectEnd(): Promise<void> {
    const found = await this.peek()
    if (found >= 0) throw this.error(`expected the end of the document, found ${describe(found)}`)
  }

  /** The length of the value that starts at the window's index, all of which is then in the window; undefined if it is too long. */
  async measureValue(): Promise<number | undefined> {
    const { window } = this
    this.#scanner.reset()
    let from = window.index
    for (;;) {
      const end = this.#scanner.scan(window.bytes, from, window.ended)
      if ((end < 0 ? window.bytes.length : end) - window.index > this.#maxBytes) return undefined
      if (end >= 0) return end - window.index
      if (window.ended) throw this.error('the document ends in the middle of a value')
      const scanned = this.#scanner.resume - window.index
      await window.more()
      from = window.index + scanned
    }
  }

  /** Passes over a value of any size. Those that fit in memory are checked. */
  async skipValue(): Promise<void> {
    const { window } = this
    await this.peek()
    const length = await this.measureValue()
    if (length === undefined) return this.#skipLongValue()
    this.#parse(window.bytes.toString('utf8', window.index, window.index + length))
    window.index += length
  }

  async #skipLongValue(): Promise<void> {
    const { window } = this
    this.#scanner.reset()
    for (;;) {
      const end = this.#scanner.scan(window.bytes, window.index, window.ended)
      window.index = end < 0 ? this.#scanner.resume : end
      if (end >= 0) return
      if (window.ended) throw this.error('the document ends in the middle of a value')
      await window.more()
    }
  }

  error(what: string): MillraceError {
    const offset = this.window.position
    return new MillraceError('JSON_DOCUMENT', `${this.#path}: ${what}, at offset ${offset}. Mend the file, or for one value a line use jsonLines()`, {
      origin: 'external',
      at: { file: this.#path, offset },
    })
  }

  async #memberName(): Promise<string> {
    if ((await this.peek()) !== QUOTE) throw this.error(`expected the name of a member, found ${describe(await this.peek())}`)
    const length = await this.measureValue()
    if (length === undefined) throw this.error('the name of a member is too long')
    const { window } = this
    const name = this.#parse(window.bytes.toString('utf8', window.index, window.index + length)) as string
    window.index += length
    await this.expect(COLON, 'a colon')
    return name
  }

  #parse(text: string): unknown {
    try {
      return JSON.parse(text)
    } catch (error) {
      throw this.error(error instanceof Error ? error.message : String(error))
    }
  }
}

function describe(byte: number): string {
  return byte < 0 ? 'the end' : byte < 0x80 ? JSON.stringify(String.fromCharCode(byte)) : `the byte 0x${byte.toString(16)}`
}

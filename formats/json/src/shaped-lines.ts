import type { CompileLines, ReadLines } from './compiled-lines.ts'
import { shapeOf } from './line-shape.ts'

/** What a line of the shape earns, and one of another shape costs: with more than one line of another shape in nine the shape does not pay. */
const [HIT, MISS, MOST_CREDIT] = [1, 8, 512] as const
const FIRST_PAUSE_LINES = 256
const LONGEST_PAUSE_LINES = 1 << 20

/**
 * Decides which lines are read by the code for a shape: lines that programs write mostly have the shape of the line before, and
 * code for one shape reads them about twice as fast as JSON.parse. Where lines differ it is left alone for ever longer.
 */
export class ShapedLines {
  readonly #compile: CompileLines
  #read: ReadLines | undefined
  #credit = 0
  #pause = FIRST_PAUSE_LINES
  /** So many lines go by before a shape is looked for. */
  #waiting = 0

  constructor(compile: CompileLines) {
    this.#compile = compile
  }

  /** The code for the shape at hand; undefined: read lines in groups, and tell how many. */
  get read(): ReadLines | undefined {
    return this.#read
  }

  /** Of the lines that were asked of `read`, `count` had the shape; and whether the one after them was seen to have another. */
  count(count: number, missed: boolean): void {
    this.#credit = Math.min(MOST_CREDIT, this.#credit + count * HIT)
    if (!missed) return
    this.#credit -= MISS
    if (this.#credit >= 0) return
    this.#read = undefined
    this.#waiting = this.#pause
    this.#pause = Math.min(LONGEST_PAUSE_LINES, this.#pause * 4)
  }

  /** Lines were read without a shape; the last of them, which was found sound, is at [start, end). */
  passed(count: number, bytes: Buffer, start: number, end: number): void {
    this.#waiting -= count
    if (this.#read !== undefined || this.#waiting > 0) return
    const shape = shapeOf(bytes, start, end)
    this.#read = shape === undefined ? undefined : this.#compile(shape)
    this.#credit = MISS * 2
    if (this.#read === undefined) this.#waiting = LONGEST_PAUSE_LINES
  }
}

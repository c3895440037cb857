import type { LineShape } from './line-shape.ts'
import { shapeCode } from './shape-code.ts'
import type { ShapeCode } from './shape-code.ts'
import { MISMATCH, OtherValue, StringValue } from './shape-values.ts'

/**
 * Reads consecutive lines from `from`, where one starts, and adds what JSON.parse would make of them to `values` and where they
 * start to `starts`, until one does not start before `stop`, `values` has `max` elements, or a line comes that JSON.parse must
 * see: one of another shape, longer than `maxBytes`, broken, or with digits that a number loses. Gives back where the first line
 * starts that was not read. `text` are the bytes as Latin-1; `bytes[limit - 1]` must be a line feed, all before it UTF-8, and
 * stop ≤ limit.
 */
export type ReadLines = (bytes: Buffer, text: string, from: number, stop: number, limit: number, maxBytes: number, values: unknown[], starts: Int32Array, max: number) => number

export type CompileLines = (shape: LineShape) => ReadLines | undefined

/** Files with other shapes each would otherwise fill the memory. */
const MAX_COMPILED = 64
/** 10^k is exact in a double up to k = 22. */
const POWERS = Array.from({ length: 16 }, (_, k) => 10 ** k)

/** Compiles once for each shape: the readers of a file's ranges, and of files alike, then share what V8 has learnt. */
export function compilingOnce(): CompileLines {
  const compiled = new Map<string, ReadLines | undefined>()
  return (shape) => {
    const code = shapeCode(shape)
    if (!compiled.has(code.source)) {
      if (compiled.size >= MAX_COMPILED) compiled.clear()
      compiled.set(code.source, compile(code))
    }
    return compiled.get(code.source)
  }
}

/** Undefined where code generation is forbidden (`--disallow-code-generation-from-strings`). */
function compile({ source, values }: ShapeCode): ReadLines | undefined {
  const other = new OtherValue()
  const helpers = { strings: Array.from({ length: values }, () => new StringValue(other)), other, MISMATCH, POWERS }
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- of the file only names go into it, quoted by JSON.stringify, and numbers of bytes
    return (new Function('helpers', `const { ${Object.keys(helpers).join(', ')} } = helpers\n${source}`) as (given: typeof helpers) => ReadLines)(helpers)
  } catch {
    return undefined
  }
}

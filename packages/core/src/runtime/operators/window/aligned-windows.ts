import type { WindowAssigner } from '../../../functions/window.ts'
import { MillraceError } from '../../../errors.ts'

/** Geometry of tumbling and sliding windows: starts at `offset` + n · `slide`, length `size`, all in ms. */
export interface AlignedWindows {
  readonly size: number
  readonly slide: number
  readonly offset: number
  /** Length of the slices that every window is made of: the greatest common divisor of size and slide. */
  readonly slice: number
}

export function alignedWindows(assigner: WindowAssigner<unknown, never>): AlignedWindows {
  if (assigner.kind === 'tumbling') return { size: assigner.sizeMs, slide: assigner.sizeMs, offset: assigner.offsetMs, slice: assigner.sizeMs }
  if (assigner.kind === 'sliding') {
    const { sizeMs: size, slideMs: slide, offsetMs: offset } = assigner
    return { size, slide, offset, slice: greatestCommonDivisor(size, slide) }
  }
  throw new MillraceError('CORE_INVALID_WINDOW', `expected tumbling or sliding windows, found ${assigner.kind}`, { origin: 'engine' })
}

/** The greatest start ≤ `timestamp` among `offset` + n · `period`; also for negative timestamps. */
export function startOf(timestamp: number, period: number, offset: number): number {
  const past = (timestamp - offset) % period
  return past < 0 ? timestamp - past - period : timestamp - past
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

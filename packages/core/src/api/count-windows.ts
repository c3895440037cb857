import { Evictors } from '../functions/evictors.ts'
import { Triggers } from '../functions/triggers.ts'
import { GlobalWindows } from '../functions/window-assigners.ts'
import type { WindowDraft } from './windowed-stream.ts'

/** Global windows that fire by count: as in Flink, a trigger that purges, or with `slide` an evictor. */
export function countWindows(size: number, slide: number | undefined): WindowDraft {
  const assigner = GlobalWindows.create()
  if (slide === undefined) return { name: `countWindow(${size})`, assigner, allowedLatenessMs: 0, trigger: Triggers.purging(Triggers.count(size)) }
  return { name: `countWindow(${size}, every ${slide})`, assigner, allowedLatenessMs: 0, trigger: Triggers.count(slide), evictor: Evictors.count(size) }
}

import type { TimeWindow, WindowAssigner } from '../../../functions/window.ts'
import type { Namespace } from '../../../spi/keyed-state-backend.ts'
import { MAX_WATERMARK, MIN_WATERMARK } from '../../time/timestamps.ts'
import { startOf } from './aligned-windows.ts'

/** The only window of `GlobalWindows`: its last timestamp is the last watermark. */
export const GLOBAL_WINDOW: TimeWindow = { start: MIN_WATERMARK, end: MAX_WATERMARK + 1 }

/** How windows of an assigner are found, and named in state. */
export interface WindowNaming {
  /** `offset`: of windows that begin at other times for other keys, instead of the assigner's. */
  assign(value: unknown, timestamp: number, offset?: number): readonly TimeWindow[]
  namespaceOf(window: TimeWindow): Namespace
  windowOf(namespace: Namespace): TimeWindow
}

export function windowNaming(assigner: WindowAssigner<unknown, never>): WindowNaming {
  switch (assigner.kind) {
    case 'tumbling':
      return fixed(assigner.sizeMs, assigner.sizeMs, assigner.offsetMs)
    case 'sliding':
      return fixed(assigner.sizeMs, assigner.slideMs, assigner.offsetMs)
    case 'session': {
      const { gapMs } = assigner
      return { ...varying, assign: (_value, timestamp) => [{ start: timestamp, end: timestamp + gapMs }] }
    }
    case 'global': {
      const all = [GLOBAL_WINDOW]
      return { assign: () => all, namespaceOf: () => null, windowOf: () => GLOBAL_WINDOW }
    }
    case 'custom': {
      const assign = assigner.assign as (value: unknown, timestamp: number) => readonly TimeWindow[]
      return { ...varying, assign }
    }
  }
}

/** Windows of one size are named by their start. */
function fixed(size: number, slide: number, alignedOffset: number): WindowNaming {
  return {
    assign(_value, timestamp, offset = alignedOffset) {
      const windows: TimeWindow[] = []
      for (let start = startOf(timestamp, slide, offset); start > timestamp - size; start -= slide) windows.push({ start, end: start + size })
      return windows.reverse()
    },
    namespaceOf: (window) => window.start,
    windowOf: (namespace) => ({ start: namespace as number, end: (namespace as number) + size }),
  }
}

const varying: Pick<WindowNaming, 'namespaceOf' | 'windowOf'> = {
  namespaceOf: ({ start, end }) => `${start}:${end}`,
  windowOf(namespace) {
    const [start, end] = (namespace as string).split(':')
    return { start: Number(start), end: Number(end) }
  },
}

import { types, WatermarkStrategy, type Infer } from '@millrace/core'
import { defineSource, type Source } from '@millrace/core/spi'
import type { ChaosRun } from '../chaos-run.ts'
import { mix } from '../random.ts'

export const Event = types.row({ index: types.long(), key: types.string(), at: types.long(), value: types.long() })
export interface Event extends Infer<typeof Event> {}

const BASE_MS = 1_700_000_000_000
/** Event time from one event to the next; times are even, which keeps them clear of the ends of sessions with odd gaps. */
const STEP_MS = 2
export const DISORDER_MS = 40
/** How far back late events lie: three seconds behind the end of their windows, and so far behind any watermark. */
const LATENESS_MS = 5_000
const SPLITS = 12
/** A split says how far its time has come after each poll but the last: in many small steps, so that late is late. */
const MAX_BATCH = 256

export interface EventOptions {
  readonly keys: number
  /** One event in forty is so late that its windows are gone. Only for sources of parallelism 1, where that is certain. */
  readonly late?: boolean
}

export const watermarks = WatermarkStrategy.forBoundedOutOfOrderness<Event>(`${DISORDER_MS}ms`, ({ at }) => at)

/** The event of an index: the same whenever and wherever it is asked for. */
export function eventAt(seed: number, index: number, options: EventOptions): Event {
  const hash = mix(seed, index)
  const onTime = BASE_MS + index * STEP_MS + (mix(seed, index, 1) % (DISORDER_MS / 2)) * 2
  return { index, key: `key-${hash % options.keys}`, at: isLate(index, options) ? onTime - LATENESS_MS : onTime, value: hash % 1000 }
}

export function isLate(index: number, { late }: EventOptions): boolean {
  return late === true && index * STEP_MS > LATENESS_MS * 1.2 && index % 40 === 39
}

export function* allEvents({ seed, records }: ChaosRun, options: EventOptions): Iterable<Event> {
  for (let index = 0; index < records; index++) yield eventAt(seed, index, options)
}

interface EventSplit {
  readonly id: string
  readonly next: number
  readonly end: number
}

/** Events in splits that follow each other in time and are handed out in that order: none is late by chance. */
export function eventSource({ seed, records }: ChaosRun, options: EventOptions): Source<Event> {
  return defineSource<Event, EventSplit>({
    name: 'events',
    bounded: true,
    type: Event,
    discover: () =>
      Promise.resolve(
        Array.from({ length: SPLITS }, (_, split) => ({ id: `split-${split}`, next: Math.floor((records * split) / SPLITS), end: Math.floor((records * (split + 1)) / SPLITS) })),
      ),
    createReader() {
      const open: { readonly id: string; next: number; readonly end: number }[] = []
      return {
        addSplits: (splits) => void open.push(...splits.map((split) => ({ ...split }))),
        snapshotSplits: () => open.map((split) => ({ ...split })),
        poll(output, maxRecords) {
          const split = open[0]
          if (split === undefined) return 'end'
          const records = output.forSplit(split.id)
          const end = Math.min(split.end, split.next + Math.min(maxRecords, MAX_BATCH))
          while (split.next < end) records.collect(eventAt(seed, split.next++, options))
          if (split.next < split.end) return 'more'
          open.shift()
          output.releaseSplit(split.id)
          return open.length > 0 ? 'more' : 'end'
        },
        available: () => Promise.resolve(),
      }
    },
  })
}

import { count, filter, from, groupBy, map, mergeMap, Observable, reduce, Subject } from 'rxjs'
import type { GroupedObservable } from 'rxjs'
import type { Outcome, Variant } from '../rate-case.ts'
import type { KeyedEvent } from './keyed-events.ts'
import { KeyedEvents, OUT_OF_ORDER_MS } from './keyed-events.ts'
import type { CountRow } from './row-tally.ts'
import { rowTally } from './row-tally.ts'
import { tumblingCount, WATERMARK_EVERY, WINDOW_MS } from './tumbling-count.ts'

type Window = GroupedObservable<number, KeyedEvent>

/** Groups by window, closed by the watermark; inside a window one `reduce` into a Map. */
export function tumblingCountRxjs(): Variant {
  return variant((window) =>
    window.pipe(
      reduce((counts, { key }) => {
        const counter = counts.get(key)
        if (counter === undefined) counts.set(key, { count: 1 })
        else counter.count++
        return counts
      }, new Map<string, { count: number }>()),
      mergeMap((counts) => from(counts)),
      map(([key, counter]) => ({ key, start: window.key, count: counter.count })),
    ),
  )
}

/** Groups by window, then by key, as the documentation of `groupBy` shows; nothing counted by hand. */
export function tumblingCountRxjsGroupBy(): Variant {
  return variant((window) =>
    window.pipe(
      groupBy(({ key }) => key),
      mergeMap((group) => group.pipe(count(), map((counted) => ({ key: group.key, start: window.key, count: counted })))),
    ),
  )
}

function variant(countWindow: (window: Window) => Observable<CountRow>): Variant {
  const events = new KeyedEvents(tumblingCount.records)
  return { run: (records, check) => count10s(events, records, check, countWindow) }
}

function count10s(events: KeyedEvents, records: number, check: boolean, countWindow: (window: Window) => Observable<CountRow>): Outcome {
  const tally = rowTally(check)
  const watermarks = new Subject<number>()
  const source = new Observable<KeyedEvent>((subscriber) => {
    let newest = -Infinity
    for (let index = 0; index < records; index++) {
      const event = events.read(index)
      if (event.timestamp > newest) newest = event.timestamp
      subscriber.next(event)
      if ((index + 1) % WATERMARK_EVERY === 0) watermarks.next(newest - OUT_OF_ORDER_MS - 1)
    }
    subscriber.complete()
  })
  source
    .pipe(
      groupBy(({ timestamp }) => timestamp - (timestamp % WINDOW_MS), {
        duration: ({ key }) => watermarks.pipe(filter((watermark) => watermark >= key + WINDOW_MS - 1)),
      }),
      mergeMap(countWindow),
    )
    .subscribe((row) => tally.take(row))
  return tally.outcome()
}

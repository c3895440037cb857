import { count, EventTimeSessionWindows, max, SlidingEventTimeWindows, sum, TumblingEventTimeWindows, types, type Infer } from '@millrace/core'
import { chaosSink, io, Tally, type ChaosJob } from './chaos-job.ts'
import { allEvents, eventSource, isLate, watermarks, type Event, type EventOptions } from './events.ts'
import type { ChaosRun } from '../chaos-run.ts'

const Row = types.row({ key: types.string(), start: types.long(), end: types.long(), count: types.long(), sum: types.long(), last: types.long() })
interface Row extends Infer<typeof Row> {}

const SIZE_MS = 2000
const LONG_MS = 4000
const SLIDE_MS = 1000
/** Odd, while times are even: no event lies just where a session ends, and whether two touch never matters. */
const GAP_MS = 151

interface WindowJob {
  readonly name: string
  readonly assigner: ReturnType<typeof TumblingEventTimeWindows.of>
  readonly events: EventOptions
  /** Of the source. */
  readonly parallelism?: number
  expected(run: ChaosRun): Iterable<Row>
}

export const tumbling: ChaosJob = windowJob({
  name: 'tumbling',
  assigner: TumblingEventTimeWindows.of(`${SIZE_MS}ms`),
  events: { keys: 200, late: true },
  parallelism: 1,
  *expected(run) {
    yield* aligned(run, this.events, SIZE_MS, SIZE_MS)
  },
})

export const sliding: ChaosJob = windowJob({
  name: 'sliding',
  assigner: SlidingEventTimeWindows.of(`${LONG_MS}ms`, `${SLIDE_MS}ms`),
  events: { keys: 60 },
  *expected(run) {
    yield* aligned(run, this.events, LONG_MS, SLIDE_MS)
  },
})

export const session: ChaosJob = windowJob({
  name: 'session',
  assigner: EventTimeSessionWindows.withGap(`${GAP_MS}ms`),
  events: { keys: 80 },
  *expected(run) {
    const byKey = Map.groupBy(allEvents(run, this.events), ({ key }) => key)
    for (const [key, events] of byKey) {
      let row: Row | undefined
      for (const event of events.toSorted((a, b) => a.at - b.at)) {
        if (row !== undefined && event.at > row.end) yield row
        row = row === undefined || event.at > row.end ? add(emptyRow(key, event.at, 0), event) : add(row, event)
        row = { ...row, end: event.at + GAP_MS }
      }
      if (row !== undefined) yield row
    }
  },
})

function windowJob(job: WindowJob): ChaosJob {
  return {
    name: job.name,
    keyed: true,
    build(env, run, { source, sink }) {
      env
        .fromSource(source(eventSource(run, job.events)), watermarks, { uid: 'events', ...io(run), ...(job.parallelism === undefined ? {} : { parallelism: job.parallelism }) })
        .keyBy('key')
        .window(job.assigner)
        .aggregate(
          { count: count(), sum: sum((event: Event) => event.value), last: max((event: Event) => event.index) },
          ({ count: counted, sum: total, last }, key, { start, end }): Row => ({ key, start, end, count: counted, sum: total, last: last ?? -1 }),
          Row,
        )
        .uid('window')
        .sinkTo(sink(chaosSink(run, Row)), { uid: 'out', ...io(run) })
    },
    *expected(run) {
      for (const row of job.expected(run)) yield JSON.stringify(row)
    },
  }
}

function* aligned(run: ChaosRun, events: EventOptions, sizeMs: number, slideMs: number): Iterable<Row> {
  const rows = new Tally<{ row: Row }>()
  for (const event of allEvents(run, events)) {
    if (isLate(event.index, events)) continue
    for (let start = event.at - (event.at % slideMs); start > event.at - sizeMs; start -= slideMs) {
      const group = rows.of([event.key, start], () => ({ row: emptyRow(event.key, start, start + sizeMs) }))
      group.row = add(group.row, event)
    }
  }
  for (const { row } of rows.values()) yield row
}

function emptyRow(key: string, start: number, end: number): Row {
  return { key, start, end, count: 0, sum: 0, last: -1 }
}

function add(row: Row, { value, index }: Event): Row {
  return { ...row, count: row.count + 1, sum: row.sum + value, last: Math.max(row.last, index) }
}

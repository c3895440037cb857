import { SlidingEventTimeWindows, types, WatermarkStrategy, type AggregateFunction, type Infer } from '@millrace/core'
import { chaosSink, io, Tally, type ChaosJob, type JobParts } from './chaos-job.ts'
import { allEvents, DISORDER_MS, Event, eventSource } from './events.ts'

const Row = types.row({ key: types.string(), start: types.long(), count: types.long() })
interface Row extends Infer<typeof Row> {}

const SIZE_MS = 1000
const SLIDE_MS = 500
const events = { keys: 40 }

/** Counts in windows, through one of every kind of function that a job can have. */
export const userFunctions: ChaosJob = {
  name: 'user-functions',
  keyed: true,
  build(env, run, parts) {
    const { source, sink, called = () => {} } = parts
    env
      .fromSource(source(eventSource(run, events)), generated(called), { uid: 'events', ...io(run) })
      .map(mapping(called), Event)
      .filter(() => (called('filter'), true))
      .flatMap((event) => (called('flatMap'), [event]), Event)
      .asyncMap((event) => (called('asyncMap'), Promise.resolve(event)), {}, Event)
      .uid('async')
      .partitionCustom(({ index }) => index, (index, partitions) => (called('partition'), index % partitions))
      .map((event) => event, Event)
      .keyBy(({ key }) => (called('keySelector'), key))
      .process<Event>(
        (ctx) => ({
          processElement(event, timestamp, output) {
            called('processElement')
            ctx.registerEventTimeTimer(timestamp)
            output.collect(event)
          },
          onTimer: () => called('onTimer'),
        }),
        Event,
      )
      .uid('process')
      .keyBy('key')
      .window(SlidingEventTimeWindows.of(`${SIZE_MS}ms`, `${SLIDE_MS}ms`))
      .aggregate(counting(called), (count, key, { start }): Row => (called('finishWindow'), { key, start, count }), Row)
      .uid('window')
      .sinkTo(sink(chaosSink(run, Row)), { uid: 'out', ...io(run) })
  },
  *expected(run) {
    const rows = new Tally<{ key: string; start: number; count: number }>()
    for (const { key, at } of allEvents(run, events)) {
      for (let start = at - (at % SLIDE_MS); start > at - SIZE_MS; start -= SLIDE_MS) rows.of([key, start], () => ({ key, start, count: 0 })).count++
    }
    for (const row of rows.values()) yield JSON.stringify(row)
  },
}

/** A function with a name, by which a stack shows it. */
function mapping(called: Called): (event: Event) => Event {
  return function passOn(event) {
    called('map')
    return event
  }
}

type Called = NonNullable<JobParts['called']>

/** As `watermarks`, written by hand. */
function generated(called: Called): WatermarkStrategy<Event> {
  const generator = () => {
    let highest = Number.NEGATIVE_INFINITY
    return {
      onEvent(_event: Event, timestamp: number) {
        called('onEvent')
        highest = Math.max(highest, timestamp)
      },
      onPeriodicEmit(output: { emitWatermark(timestamp: number): void }) {
        called('onPeriodicEmit')
        if (highest > Number.NEGATIVE_INFINITY) output.emitWatermark(highest - DISORDER_MS - 1)
      },
      snapshotState() {
        called('generatorSnapshot')
        return highest > Number.NEGATIVE_INFINITY ? highest : null
      },
      restoreState(state: unknown) {
        if (typeof state === 'number') highest = state
      },
    }
  }
  return WatermarkStrategy.forGenerator<Event>(generator, ({ at }) => (called('timestamp'), at))
}

function counting(called: Called): AggregateFunction<Event, { count: number }, number> {
  return {
    name: 'counting',
    accumulatorType: types.row({ count: types.long() }),
    resultType: types.long(),
    createAccumulator: () => (called('createAccumulator'), { count: 0 }),
    add(_event, accumulator) {
      called('add')
      accumulator.count++
      return accumulator
    },
    merge(a, b) {
      called('merge')
      a.count += b.count
      return a
    },
    getResult: ({ count }) => (called('getResult'), count),
  }
}

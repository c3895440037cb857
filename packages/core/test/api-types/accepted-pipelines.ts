/* Everything in here must compile, with the types that the annotations say. */
import {
  aggregatingState,
  count,
  createLocalEnvironment,
  defineJob,
  EventTimeSessionWindows,
  Evictors,
  mapState,
  mean,
  OutputTag,
  submit,
  topN,
  Triggers,
  TumblingEventTimeWindows,
  types,
  valueState,
  WatermarkStrategy,
} from '@millrace/core'
import type { DataStream, Job, KeyedStream } from '@millrace/core'
import type { AggregateFunction } from '@millrace/core'
import { Daily, daily, env, Flight, flights, flightSource, numbers, params, sinkOf } from './fixtures.ts'

type Same<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false
const same = <A, B>(_proof: Same<A, B>): void => {}

export const tooLate = OutputTag.of('too-late', Flight)

export function dailyDelays(input: DataStream<Flight>): DataStream<Daily> {
  return input
    .keyBy('origin')
    .window(TumblingEventTimeWindows.of('1d'))
    .allowedLateness('6h')
    .sideOutputLateData(tooLate)
    .aggregate(
      { flights: count(), meanDelay: mean((flight) => flight.delay) },
      (result, origin, window) => {
        same<typeof origin, string>(true)
        return { origin, day: window.start, ...result }
      },
      Daily,
    )
    .uid('daily-delays')
}

export const job = defineJob({
  name: 'flight-delays',
  params,
  build(jobEnv, { in: path, limit }) {
    same<typeof path, string>(true)
    same<typeof limit, number>(true)
    const input = jobEnv.fromSource(flightSource, WatermarkStrategy.forBoundedOutOfOrderness('1h', (flight) => flight.date), { uid: 'flights' })
    const result = dailyDelays(input)
    result.sinkTo(sinkOf<Daily>(), { uid: 'out' })
    result.getSideOutput(tooLate).sinkTo(sinkOf<Flight>(), { uid: 'late' })
    // a sink that wants fewer fields takes richer records
    result.sinkTo(sinkOf<{ readonly origin: string }>())
  },
})
same<typeof job, Job<{ readonly in: string; readonly limit?: number }>>(true)
export const submitted = submit(job, { params: { in: 'x' }, parallelism: 2 })
export const withoutParams: Job = defineJob({ name: 'plain', build: (jobEnv) => jobEnv.fromSequence(1, 3).print() })

// types flow through operators
export const origins = flights.map((flight) => flight.origin)
same<typeof origins, DataStream<string>>(true)
export const typed = flights.map(({ origin }) => ({ origin, day: 0, flights: 1, meanDelay: null }), Daily)
same<typeof typed, DataStream<{ readonly origin: string; readonly day: number; readonly flights: number; readonly meanDelay: number | null }>>(true)
export const delayed = flights.filter((flight): flight is Flight & { readonly delay: number } => flight.delay !== null)
export const delays: DataStream<number> = delayed.map((flight) => flight.delay)
export const letters: DataStream<string> = origins.flatMap((origin) => origin.split(''), types.string())
export const generated = numbers.flatMap(function* (n) {
  yield n
  yield String(n)
})
same<typeof generated, DataStream<string | number>>(true)
export const either = flights.union(daily)
same<typeof either, DataStream<Flight | Daily>>(true)
export const data = env.fromData([{ a: 1 }])
same<typeof data, DataStream<{ a: number }>>(true)

// variance: a stream of richer records is a stream of poorer ones
export const poorer: DataStream<{ readonly origin: string }> = flights
export const byOrigin: KeyedStream<{ readonly origin: string }, string> = flights.keyBy('origin')

// keys
same<KeyOf<typeof byField>, string>(true)
export const byField = flights.keyBy('origin')
export const byFields = flights.keyBy(['origin', 'date'])
same<KeyOf<typeof byFields>, readonly [string, number]>(true)
export const byTuple = flights.keyBy((flight) => [flight.origin, Math.trunc((flight.delay ?? 0) / 60)])
same<KeyOf<typeof byTuple>, readonly [string, number]>(true)
type KeyOf<S> = S extends KeyedStream<unknown, infer K> ? K : never

// state
const Gap = types.row({ origin: types.string(), gapMs: types.long() })
export const gaps = byTuple.process((context) => {
  const last = context.state(valueState('last', types.long()))
  const means = context.state(aggregatingState('mean', mean((flight: Flight) => flight.delay), types.generic()))
  return {
    processElement(flight, _timestamp, out) {
      means.add(flight)
      out.collect({ origin: context.key[0], gapMs: flight.date - (last.value() ?? flight.date) })
      last.update(flight.date)
      context.registerEventTimeTimer(flight.date + 1)
    },
    onTimer: (timestamp, out) => out.collect({ origin: context.key[0], gapMs: timestamp }),
  }
}, Gap)
export const counted = flights.process((context) => {
  const seen = context.operatorState('seen', types.long())
  return {
    processElement: (flight, _timestamp, out) => {
      seen.add(1)
      context.output(tooLate, flight)
      out.collect(flight.origin)
    },
  }
}, types.string())

// rolling
export const latest: DataStream<Flight> = byField.reduce((a, b) => (a.date > b.date ? a : b))
export const rolling: DataStream<number> = byField.aggregate(count())
export const rollingRow = byField.aggregate({ flights: count() }, ({ flights: n }, origin) => ({ origin, n }))
same<typeof rollingRow, DataStream<{ origin: string; n: number }>>(true)
const longest: AggregateFunction<Flight, { delay: number }, number> = {
  createAccumulator: () => ({ delay: 0 }),
  add: (flight, accumulator) => ({ delay: Math.max(accumulator.delay, flight.delay ?? 0) }),
  getResult: ({ delay }) => delay,
}
export const longestDelay = byField.window(TumblingEventTimeWindows.of('1h')).aggregate(longest, (delay, origin, { end }) => ({ origin, delay, end }))
same<typeof longestDelay, DataStream<{ origin: string; delay: number; end: number }>>(true)
export const meanDelay: DataStream<number | null> = byField.window(TumblingEventTimeWindows.of('1h')).aggregate(mean((flight) => flight.delay))
export const meanRow = byField.window(TumblingEventTimeWindows.of('1h')).aggregate(mean((flight) => flight.delay), (delay, origin) => ({ delay, origin }))
same<typeof meanRow, DataStream<{ delay: number | null; origin: string }>>(true)
export const results = byField.aggregate({ flights: count(), delay: mean((flight) => flight.delay) })
same<typeof results, DataStream<{ flights: number; delay: number | null }>>(true)
export const spread = byField
  .window(TumblingEventTimeWindows.of('1h', { offset: '30min' }))
  .process((elements, { key, window }, out) => out.collect(`${key} ${window.start} ${elements.map((flight) => flight.delay).join()}`), types.string())

// two inputs
const rules = mapState('rules', types.string(), types.double())
const names = mapState('names', types.long(), types.string())
export const ruled = flights.connect(numbers.broadcast(rules, names)).process((context) => {
  const byName = context.broadcastState(rules)
  return {
    processElement: (flight, _timestamp, out) => out.collect((byName.get(flight.origin) ?? 0) + (flight.delay ?? 0)),
    processBroadcastElement: (n) => byName.put(String(n), n),
  }
}, types.double())
export const keyedRuled = byField.connect(numbers.broadcast(rules)).process((context) => {
  const last = valueState('last', types.long())
  context.state(last)
  return {
    processElement: (flight, _timestamp, out) => out.collect(`${context.key} ${flight.date}`),
    processBroadcastElement: (_n, _timestamp, out) => context.forEachKey(last, (key, state) => out.collect(`${key} ${state.value() ?? 0}`)),
  }
}, types.string())
export const joined = byField.connect(daily.keyBy((row) => row.origin as 'SEA' | 'LAX')).process(
  (context) => ({
    processElement1: (flight, _timestamp, out) => out.collect(`${context.key} ${flight.date}`),
    processElement2: (row, _timestamp, out) => out.collect(`${context.key} ${row.day}`),
  }),
  types.string(),
)
export const paired = flights.connect(numbers).process(() => ({ processElement1: (flight, _t, out) => out.collect(flight.date), processElement2: (n, _t, out) => out.collect(n) }), types.double())

// partitionings and options
flights.rebalance().map((flight) => flight.date).setParallelism(4).disableChaining().name('dates').onError('skip').sinkTo(sinkOf<number>())
flights.partitionCustom((flight) => flight.origin, (origin, partitions) => origin.length % partitions).broadcast().global().shuffle().rescale().forward().print()
flights.onError({ deadLetter: sinkOf() }).sinkTo(sinkOf<Flight>())
export const collected: Promise<readonly number[]> = createLocalEnvironment().fromSequence(1, 3).executeAndCollect({ parallelism: 2 })

// joins
const dailyByOrigin = daily.keyBy('origin')
export const inInterval = byField.intervalJoin(dailyByOrigin).between('-5min', '1h', { lowerExclusive: true })
export const pairsInInterval = inInterval.inner((flight, row) => ({ date: flight.date, flights: row.flights }))
same<typeof pairsInInterval, DataStream<{ date: number; flights: number }>>(true)
export const allInInterval: DataStream<number | null> = inInterval.sideOutputRightLateData(OutputTag.of('late', Daily)).full((flight, row) => flight?.date ?? row?.day ?? null)
export const inWindow = byField.join(dailyByOrigin).window(TumblingEventTimeWindows.of('1h'))
export const pairsInWindow: DataStream<string> = inWindow.left((flight, row) => `${flight.origin} ${row?.flights ?? 0}`)
export const grouped = inWindow.coGroup((left, right, { key, window }, out) => out.collect(`${key} ${window.start} ${left.length} ${right.length}`), types.string())
same<typeof grouped, DataStream<string>>(true)

// windows over everything, by count, with evictors
export const total = flights.windowAll(TumblingEventTimeWindows.of('1h')).aggregate(count(), (n, key: 'all', { start }) => ({ key, start, n }))
export const lastTen = byField.countWindow(10, 2).evictor(Evictors.time('1h')).aggregate(topN(3, (flight) => flight.delay))
same<typeof lastTen, DataStream<readonly Flight[]>>(true)
export const busy = byField.window(EventTimeSessionWindows.withDynamicGap((flight: Flight) => flight.date)).trigger(Triggers.processingTimeout(Triggers.eventTime(), '1min')).reduce((a) => a)

// helpers
export const requested = flights.asyncMap(async ({ origin }, { signal }) => ({ origin, aborted: signal.aborted }), { capacity: 10, retry: { attempts: 3, backoff: '1s' } })
same<typeof requested, DataStream<{ origin: string; aborted: boolean }>>(true)
export const latestFlights: DataStream<Flight> = byField.maxBy('date').keyBy('origin').sum('date').keyBy('origin').deduplicate({ within: '1h' })
export const mapped: DataStream<string | number> = flights.connect(numbers).map<string | number>((flight) => flight.origin, (n) => n)
export const sorted: DataStream<Flight> = flights.fullWindowPartition().sortPartition((a, b) => a.date - b.date)

// time, rates, resources, what functions can use
export const aligned = WatermarkStrategy.forMonotonousTimestamps((flight: Flight) => flight.date).withIdleness('1min').withWatermarkAlignment('flights', '10min', '500ms')
env.fromSource(flightSource, WatermarkStrategy.forBoundedOutOfOrderness('5s', (flight) => flight.date, { idleness: '1min', alignment: { group: 'flights', maxDrift: '10min' } })).print()
export const staggered = byField.window(TumblingEventTimeWindows.of('1h', { offset: '5min', stagger: 'natural' })).aggregate(count())
export const lateJoin: DataStream<string> = inWindow.sideOutputLeftLateData(OutputTag.of('late flights', Flight)).sideOutputRightLateData(OutputTag.of('late days', Daily)).inner((flight) => flight.origin)
export const limited: DataStream<Flight> = flights.rateLimit(100).slotSharingGroup('slow').setBufferTimeout('5ms')
export const withFile = flights.process((context) => {
  const file = context.cachedFile('names').text()
  const seen = context.accumulators.histogram('seen')
  return {
    processElement(flight, _timestamp, out) {
      seen.add(flight.date)
      out.collect(`${flight.origin} ${file}`)
    },
  }
}, types.string())
same<typeof withFile, DataStream<string>>(true)

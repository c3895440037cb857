/* Every case in here must not compile. What the compiler says is in the snapshot beside the test: read it as a user would. */
import {
  count,
  defineJob,
  EventTimeSessionWindows,
  Evictors,
  mapState,
  mean,
  OutputTag,
  SlidingEventTimeWindows,
  submit,
  Triggers,
  TumblingEventTimeWindows,
  types,
  valueState,
  WatermarkStrategy,
} from '@millrace/core'
import type { DataStream, KeyedStream } from '@millrace/core'
import { Daily, daily, env, Flight, flights, flightSource, numbers, params, sinkOf } from './fixtures.ts'

const job = defineJob({ name: 'job', params, build: () => {} })
const hourly = flights.keyBy('origin').window(TumblingEventTimeWindows.of('1h'))

// case: a sink that wants fields the stream lacks
flights.sinkTo(sinkOf<Daily>())

// case: a sink of another field type
flights.sinkTo(sinkOf<{ readonly origin: number }>())

// case: null is not a key
flights.keyBy((flight) => flight.delay)

// case: a nullable field is not a key
flights.keyBy('delay')

// case: a field that does not exist is not a key
flights.keyBy('orgin')

// case: a nullable field in a tuple of fields
flights.keyBy(['origin', 'delay'])

// case: an object is not a key
flights.keyBy((flight) => ({ origin: flight.origin }))

// case: a promise is not a key
flights.keyBy(async (flight) => flight.origin)

// case: map with a promise per record
flights.map(async (flight) => flight.origin)

// case: map with a promise per record and a type
flights.map(async (flight) => flight.origin, types.string())

// case: filter with a promise per record
flights.filter(async (flight) => flight.delay !== null)

// case: flatMap with a promise per record
flights.flatMap(async (flight) => [flight.origin])

// case: flatMap with an async generator
flights.flatMap(async function* (flight) {
  yield flight.origin
})

// case: reduce with a promise per record
flights.keyBy('origin').reduce(async (a) => a)

// case: finish with a promise per window
hourly.aggregate(count(), async (n) => n)

// case: a wrong unit
TumblingEventTimeWindows.of('10 secs')

// case: a number is not a duration
hourly.allowedLateness(1000)

// case: records are immutable
flights.map((flight) => {
  flight.origin = ''
  return flight
})

// case: a result that is not of the type given
flights.map((flight) => ({ origin: flight.origin, day: 'monday', flights: 1, meanDelay: 0 }), Daily)

// case: a result that lacks a field of the type given
hourly.aggregate({ flights: count() }, (result, origin, window) => ({ origin, day: window.start, ...result }), Daily)

// case: an aggregate over a field that does not exist
hourly.aggregate({ flights: count(), meanDelay: mean((flight) => flight.dealy) }, (result) => result)

// case: an aggregate of other records
hourly.aggregate(mean((row: Daily) => row.meanDelay))

// case: a window without a key
flights.window(TumblingEventTimeWindows.of('1h'))

// case: rolling reduce without a key
flights.reduce((a) => a)

// case: keyed state without a key
flights.process((context) => {
  context.state(valueState('last', types.long()))
  return { processElement: () => {} }
}, types.string())

// case: timers without a key
flights.process((context) => ({ processElement: (flight) => context.registerEventTimeTimer(flight.date) }), types.string())

// case: process without a type
flights.process(() => ({ processElement: (flight, _timestamp, out) => out.collect(flight.origin) }))

// case: process that collects another type
flights.process(() => ({ processElement: (flight, _timestamp, out) => out.collect(flight.origin) }), types.long())

// case: a custom partitioner with a promise
flights.partitionCustom((flight) => flight.origin, async (origin) => origin.length)

// case: a predicate of other records
flights.filter((row: Daily) => row.flights > 0)

// case: state of another type
flights.keyBy('origin').process((context) => {
  const last = context.state(valueState('last', types.long()))
  return { processElement: (flight) => last.update(flight.origin) }
}, types.string())

// case: late data into a tag of other records
hourly.sideOutputLateData(OutputTag.of('late', Daily))

// case: a side output into a sink of other records
daily.getSideOutput(OutputTag.of('late', Flight)).sinkTo(sinkOf<Daily>())

// case: keyed streams with different keys
flights.keyBy('origin').connect(daily.keyBy('day'))

// case: a keyed stream with one that is not keyed
flights.keyBy('origin').connect(daily)

// case: value state as broadcast state
numbers.broadcast(valueState('rules', types.double()))

// case: broadcast state of another type
flights.connect(numbers.broadcast(mapState('rules', types.string(), types.double()))).process((context) => {
  const rules = context.broadcastState(mapState('rules', types.string(), types.double()))
  return { processElement: () => {}, processBroadcastElement: (n) => rules.put(n, n) }
}, types.string())

// case: watermarks for other records
env.fromSource(flightSource, WatermarkStrategy.forMonotonousTimestamps((row: Daily) => row.day))

// case: a timestamp that is not a number
env.fromSource(flightSource, WatermarkStrategy.forBoundedOutOfOrderness('1h', (flight) => flight.origin))

// case: data that is not of its type
env.fromData([{ origin: 'SEA' }], Flight)

// case: a stream of poorer records is not one of richer records
export const richer: DataStream<Flight> = flights.map(({ origin }) => ({ origin }))

// case: a keyed stream is not a stream without a key
export const unkeyed: DataStream<Flight> = flights.keyBy('origin') satisfies KeyedStream<Flight, string>

// case: a uid on a keyed stream
flights.keyBy('origin').uid('flights')

// case: missing parameters of a job
void submit(job, { params: {} })

// case: parameters of another type
void submit(job, { params: { in: 1 } })

// case: an unknown option of an operator
flights.sinkTo(sinkOf<Flight>(), { uuid: 'out' })

// case: an unknown policy for bad records
flights.onError('ignore')

// case: a job without a name
defineJob({ build: (jobEnv) => jobEnv.fromSequence(1, 2).print() })

// case: parameters in a job that declares none
defineJob({ name: 'job', build: (jobEnv, { limit }) => jobEnv.fromSequence(1, limit).print() })

// case: an interval join with a stream that is not keyed
flights.keyBy('origin').intervalJoin(daily)

// case: an interval join of different kinds of keys
flights.keyBy('origin').intervalJoin(daily.keyBy('day'))

// case: a number as the bound of an interval join
flights.keyBy('origin').intervalJoin(daily.keyBy('origin')).between(-5, '1h')

// case: an interval join without bounds
flights.keyBy('origin').intervalJoin(daily.keyBy('origin')).inner((flight, row) => [flight, row])

// case: a field of a partner that may be missing
flights.keyBy('origin').intervalJoin(daily.keyBy('origin')).between('-1h', '1h').left((flight, row) => ({ ...flight, flights: row.flights }))

// case: a join with a promise per pair
flights.keyBy('origin').intervalJoin(daily.keyBy('origin')).between('-1h', '1h').inner(async (flight) => flight)

// case: late left records into a tag of other records
flights.keyBy('origin').intervalJoin(daily.keyBy('origin')).between('-1h', '1h').sideOutputLeftLateData(OutputTag.of('late', Daily))

// case: a window join without a window
flights.keyBy('origin').join(daily.keyBy('origin')).inner((flight, row) => [flight, row])

// case: coGroup without a type
flights.keyBy('origin').join(daily.keyBy('origin')).window(TumblingEventTimeWindows.of('1h')).coGroup((all, rows, _context, out) => out.collect(all.length + rows.length))

// case: coGroup that collects another type
flights.keyBy('origin').join(daily.keyBy('origin')).window(TumblingEventTimeWindows.of('1h')).coGroup((all, _rows, _context, out) => out.collect(all), types.long())

// case: a dynamic gap for other records
flights.keyBy('origin').window(EventTimeSessionWindows.withDynamicGap((row: Daily) => row.flights))

// case: an evictor for other records
hourly.evictor(Evictors.delta(1, (row: Daily, last) => row.flights - last.flights))

// case: a trigger for other records
hourly.trigger(Triggers.delta(1, (last: Daily, row: Daily) => row.flights - last.flights))

// case: asyncMap without a promise
flights.asyncMap((flight) => flight.origin)

// case: an asynchronous result that is not of the type given
flights.asyncMap(async (flight) => flight.origin, {}, types.long())

// case: a time-out in milliseconds
flights.asyncMap(async (flight) => flight.origin, { timeout: 1000 })

// case: a result for time-outs of another type
flights.asyncMap(async (flight) => flight.origin, { timeout: '1s', onTimeout: () => 0 })

// case: the sum of a text
flights.keyBy('origin').sum('origin')

// case: the sum of a field that can be null
flights.keyBy('origin').sum('delay')

// case: a rolling sum without a key
flights.sum('date')

// case: co-map of different types
export const lengths: DataStream<number> = flights.connect(numbers).map((flight) => flight.origin.length, (n) => String(n))

// case: deduplicate without a key
flights.deduplicate()

// case: a partition sorted by a comparison of other records
flights.fullWindowPartition().sortPartition((a: Daily, b: Daily) => a.day - b.day)

// case: late records of a window join into a tag of other records
flights.keyBy('origin').join(daily.keyBy('origin')).window(TumblingEventTimeWindows.of('1h')).sideOutputRightLateData(OutputTag.of('late', Flight))

// case: a stagger that does not exist
TumblingEventTimeWindows.of('1h', { stagger: 'uniform' })

// case: a stagger of sliding windows
SlidingEventTimeWindows.of('1h', '5min', { stagger: 'random' })

// case: an alignment with a drift in milliseconds
WatermarkStrategy.forMonotonousTimestamps((flight: Flight) => flight.date).withWatermarkAlignment('flights', 60_000)

// case: an alignment without a group
WatermarkStrategy.forMonotonousTimestamps((flight: Flight) => flight.date).withWatermarkAlignment('10min')

// case: a rate limit of a sink
flights.sinkTo(sinkOf<Flight>(), { maxRecordsPerSecond: 100 })

// case: a rate as a text
flights.rateLimit('100/s')

// case: a slot sharing group of a keyed stream, which is no operator
flights.keyBy('origin').slotSharingGroup('heavy')

// case: a buffer timeout in milliseconds
flights.map((flight) => flight.date).setBufferTimeout(100)

// case: an accumulator that does not exist
flights.process((context) => ({ processElement: (flight) => context.accumulators.median('delay').add(flight.date) }), Flight)

// case: a text added to an accumulator
flights.process((context) => {
  const origins = context.accumulators.sum('origins')
  return { processElement: (flight) => origins.add(flight.origin) }
}, Flight)

// case: a cached file as if it were its text
flights.process((context) => {
  const names: string = context.cachedFile('names')
  return { processElement: (_flight, _timestamp, out) => out.collect(names) }
}, types.string())

// case: timestamps of records that a chained call has lost sight of
env.fromSource(flightSource, WatermarkStrategy.forMonotonousTimestamps((flight) => flight.date).withIdleness('1min'))

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  collect,
  count,
  type DataStream,
  EventTimeSessionWindows,
  fileCheckpointStorage,
  heapStateBackend,
  type Infer,
  mapState,
  SlidingEventTimeWindows,
  type StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  types,
  valueState,
  WatermarkStrategy,
} from '@millrace/core'
import type { StateBackend } from '@millrace/core/spi'
import { at, checkpoint, collectingSink, crash, end, runTestJob, type Script, scriptedSource, seededRandom, watermark } from '@millrace/core/testing'
import { leveldbStateBackend } from '@millrace/statebackend-leveldb'
import { afterAll, describe, expect, it } from 'vitest'

const Reading = types.row({ sensor: types.string(), at: types.long() })
type Reading = Infer<typeof Reading>

const directory = mkdtempSync(join(tmpdir(), 'millrace-state-backends-'))
afterAll(() => rmSync(directory, { recursive: true }))

const SENSORS = 40
const READINGS = 600

/** Out of order by up to 30 ms, with pauses that end sessions; `crashes` breaks it in five pieces. */
function script(crashes: boolean, seed: number): Script<Reading> {
  const random = seededRandom(seed)
  const events: Script<Reading>[number][] = []
  for (let index = 0; index < READINGS; index++) {
    const time = index * 7 + Math.floor(random() * 30)
    events.push(at(time, { sensor: `s${Math.floor(random() * SENSORS)}`, at: time }))
    if (index % 10 === 9) events.push(watermark(index * 7 - 1))
    if (crashes && index % 60 === 40) events.push(checkpoint)
    if (crashes && seed === 1 && index % 120 === 75) events.push(crash)
  }
  return [...events, end]
}

/** Every 100 ms of event time, what a sensor has sent by then: kept in map state until its timer fires, counted in value state. */
const reports = (readings: DataStream<Reading>): DataStream<string> =>
  readings.keyBy('sensor').process((context) => {
    const total = context.state(valueState('total', types.long()))
    const pending = context.state(mapState('pending', types.long(), types.int()))
    return {
      processElement({ at: time }) {
        pending.put(time, (pending.get(time) ?? 0) + 1)
        context.registerEventTimeTimer(Math.ceil(time / 100) * 100)
      },
      onTimer(timestamp, output) {
        const due = [...pending.entries()].filter(([time]) => time <= timestamp).sort(([a], [b]) => a - b)
        for (const [time] of due) pending.remove(time)
        total.update(due.reduce((sum, [, n]) => sum + n, total.value() ?? 0))
        output.collect(`report ${String(context.key)} at ${timestamp} ${total.value()} ${due.map(([time, n]) => `${time}:${n}`).join(' ')}`)
      },
    }
  }, types.string())

function build(env: StreamExecutionEnvironment, source: ReturnType<typeof scriptedSource<Reading>>, sink: ReturnType<typeof collectingSink<string>>): void {
  const readings = env.fromSource({ ...source, type: Reading }, WatermarkStrategy.fromSource<Reading>()).uid('readings')
  const bySensor = readings.keyBy('sensor')
  const outputs = [
    reports(readings).uid('reports'),
    bySensor.window(TumblingEventTimeWindows.of('200ms')).aggregate({ n: count() }, ({ n }, sensor, window) => `tumbling ${sensor} ${window.start} ${n}`, types.string()).uid('tumbling'),
    bySensor.window(SlidingEventTimeWindows.of('300ms', '100ms')).aggregate({ n: count() }, ({ n }, sensor, window) => `sliding ${sensor} ${window.start} ${n}`, types.string()).uid('sliding'),
    bySensor.window(EventTimeSessionWindows.withGap('60ms')).aggregate(collect<Reading>(), (all, sensor, window) => `session ${sensor} ${window.start}-${window.end} ${all.map((one) => one.at).toSorted().join(' ')}`, types.string()).uid('sessions'),
  ]
  for (const [index, output] of outputs.entries()) output.sinkTo(sink, { uid: `sink-${index}` })
}

/** All rows of a calm run, or of one that is killed at every crash and goes on in a new job, on the next backend. */
async function run(name: string, backends: readonly StateBackend[], crashes: boolean): Promise<readonly string[]> {
  const source = scriptedSource<Reading>(script(crashes, 1), script(crashes, 2))
  const sink = collectingSink<string>()
  let jobs = 0
  for (;;) {
    const stateBackend = backends[jobs % backends.length] as StateBackend
    const options = { name, parallelism: 1 + (jobs % 3), maxParallelism: 16, stateBackend, restart: { kind: 'none' } as const, from: 'latest' as const, seed: 1 }
    const checkpoints = { interval: '10ms' as const, storage: fileCheckpointStorage(join(directory, name)) }
    jobs++
    const ended = await runTestJob((env) => build(env, source, sink), { ...options, checkpoints }).then(
      () => true,
      (error: unknown) => {
        expect(String(error)).toContain('crash')
        return false
      },
    )
    if (ended) break
  }
  expect(jobs).toBe(crashes ? 6 : 1)
  return [...sink.values].sort()
}

describe('a job of counts, windows and timers, killed five times and restored at another parallelism', () => {
  const small = leveldbStateBackend({ cacheBytes: 10_000, writeBufferBytes: 256 * 1024 })

  it.each([
    ['on LevelDB', [small]],
    ['on LevelDB and the heap in turn', [small, heapStateBackend()]],
    ['on the heap and LevelDB in turn', [heapStateBackend(), leveldbStateBackend()]],
  ])('%s, gives the rows of a calm run on the heap', async (name, backends) => {
    const expected = await run(`calm ${name}`, [heapStateBackend()], false)
    for (const kind of ['report', 'tumbling', 'sliding', 'session']) expect(expected.filter((row) => row.startsWith(kind)).length).toBeGreaterThan(100)
    expect(await run(name, backends, true)).toEqual(expected)
  })
})

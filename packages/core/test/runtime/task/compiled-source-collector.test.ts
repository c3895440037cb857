import { describe, expect, test } from 'vitest'
import { defineJob } from '../../../src/api/define-job.ts'
import type { StreamExecutionEnvironment } from '../../../src/api/stream-execution-environment.ts'
import { silentLogger } from '../../../src/environment/logger.ts'
import { submit } from '../../../src/environment/submit.ts'
import { WatermarkStrategy } from '../../../src/functions/watermark-strategy.ts'
import { defineSink } from '../../../src/spi/define-sink.ts'
import { defineSource } from '../../../src/spi/define-source.ts'
import type { Sink } from '../../../src/spi/sink.ts'
import type { Source } from '../../../src/spi/source.ts'

interface Reading {
  readonly id: number
  readonly time: number
}

/** Emits readings without naming a split, the even ones with a timestamp of the source's own. */
const readings: Source<Reading> = defineSource({
  name: 'readings',
  bounded: true,
  discover: async () => [{ id: 'all' }],
  createReader() {
    let left = 0
    return {
      addSplits: () => void (left = 10),
      snapshotSplits: () => [],
      poll(output) {
        if (left === 0) return 'end'
        const id = 10 - left
        if (id % 2 === 0) output.collect({ id, time: id * 100 }, id)
        else output.collect({ id, time: id * 100 })
        left--
        return 'more'
      },
      available: async () => {},
    }
  },
})

/** What reaches a sink, watermarks included. */
async function run(codeGeneration: boolean, strategy: WatermarkStrategy<Reading>, write: (reading: Reading) => void = () => {}): Promise<readonly unknown[]> {
  const seen: unknown[] = []
  const sink: Sink<Reading> = defineSink({
    name: 'seen',
    createWriter: () => ({
      write(reading: Reading, timestamp: number) {
        write(reading)
        seen.push([reading.id, timestamp])
      },
      writeWatermark: (timestamp: number) => void seen.push(timestamp),
      flush: () => {},
    }),
  })
  const build = (env: StreamExecutionEnvironment): void => {
    env.fromSource(readings, strategy).onError('skip').sinkTo(sink)
  }
  const client = await submit(defineJob({ name: 'readings', build }), { optimizer: { codeGeneration }, logger: silentLogger })
  await client.done
  return seen
}

const time = (reading: Reading): number => {
  if (reading.id === 3) throw new Error('no time')
  return reading.time
}
const strategies: Readonly<Record<string, () => WatermarkStrategy<Reading>>> = {
  'no watermarks': () => WatermarkStrategy.noWatermarks(),
  'out of order, a timestamp that cannot be had': () => WatermarkStrategy.forBoundedOutOfOrderness('50ms', time),
  'watermarks per record': () =>
    WatermarkStrategy.forGenerator(() => ({ onEvent: (_value, timestamp, output) => output.emitWatermark(timestamp - 1), onPeriodicEmit: () => {} }), time),
}

describe('a compiled source collector does what the shared one does', () => {
  test.each(Object.entries(strategies))('%s', async (_name, strategy) => {
    const compiled = await run(true, strategy())
    expect(compiled.length).toBeGreaterThan(9)
    expect(compiled).toEqual(await run(false, strategy()))
  })

  test.each([true, false])('a record whose timestamp function throws is skipped (code generation %s)', async (codeGeneration) => {
    const records = (await run(codeGeneration, WatermarkStrategy.forMonotonousTimestamps(time))).filter(Array.isArray)
    expect(records).toEqual([0, 1, 2, 4, 5, 6, 7, 8, 9].map((id) => [id, id * 100]))
  })

  test.each([true, false])('a writer that throws names the sink and the record (code generation %s)', async (codeGeneration) => {
    const fail = (reading: Reading): void => {
      if (reading.id === 4) throw new Error('disk full')
    }
    await expect(run(codeGeneration, WatermarkStrategy.noWatermarks(), fail)).rejects.toMatchObject({ code: 'CORE_SINK_WRITE', message: expect.stringContaining('disk full') })
  })
})

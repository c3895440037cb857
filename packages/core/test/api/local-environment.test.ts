import { describe, expect, test } from 'vitest'
import { createLocalEnvironment } from '../../src/api/local-environment.ts'
import { OutputTag } from '../../src/functions/output-tag.ts'
import { mapState, valueState } from '../../src/functions/state-descriptor.ts'
import type { BadRecord } from '../../src/spi/bad-record.ts'
import type { InputFormat } from '../../src/spi/input-format.ts'
import { collectingSink } from '../../src/testing/collecting-sink.ts'
import { runTestJob } from '../../src/testing/test-job.ts'
import { silentLogger } from '../../src/environment/logger.ts'
import * as types from '../../src/types/types.ts'

const ascending = (a: number, b: number): number => a - b

describe('executeAndCollect', () => {
  test.each([1, 3])('returns every record, at parallelism %s', async (parallelism) => {
    const stream = createLocalEnvironment().fromSequence(1, 500).map((n) => n * 2)
    const results = await stream.executeAndCollect({ parallelism, logger: silentLogger })
    expect(results.toSorted(ascending)).toEqual(Array.from({ length: 500 }, (_, index) => (index + 1) * 2))
  })

  test('rejects with the error that failed the job', async () => {
    const stream = createLocalEnvironment()
      .fromData([1, 2])
      .map((n) => {
        if (n === 2) throw new Error('two')
        return n
      })
    await expect(stream.executeAndCollect({ logger: silentLogger })).rejects.toMatchObject({ origin: 'user', message: expect.stringContaining('two') })
  })

  test('runs a job once', async () => {
    const stream = createLocalEnvironment().fromData([1])
    expect(await stream.executeAndCollect({ logger: silentLogger })).toEqual([1])
    await expect(stream.executeAndCollect({ logger: silentLogger })).rejects.toMatchObject({ code: 'CORE_JOB_ALREADY_BUILT' })
  })
})

describe('what the API appends, run by the engine', () => {
  test('all simple sources and sinks meet in a union', async () => {
    const format = {
      kind: 'input-format',
      name: 'format',
      createSplits: async (minSplits: number) => Array.from({ length: minSplits }, (_, index) => ({ id: `${index}` })),
      async *open({ id }: { readonly id: string }) {
        yield { values: [Number(id) + 1000], position: 1 }
      },
    } as unknown as InputFormat<number>
    const received: Record<'function' | 'format', number[]> = { function: [], format: [] }
    await runTestJob(
      (env) => {
        const pushed = env.addSource<number>({ kind: 'source-function', name: 'push', open: () => ({ run: async (context) => [1, 2, 3].forEach((n) => context.collect(n)) }) })
        const all = pushed.union(env.createInput(format), env.fromSequence(10, 12), env.fromData([100]))
        all.addSink({ kind: 'sink-function', name: 'function', open: () => ({ invoke: (value) => void received.function.push(value) }) })
        all.output({ kind: 'output-format', name: 'format', open: () => ({ writeRecord: (value) => void received.format.push(value), close: () => {} }) })
      },
      { parallelism: 2 },
    )
    const expected = [1, 2, 3, 10, 11, 12, 100, 1000, 1001]
    expect(received.function.toSorted(ascending)).toEqual(expected)
    expect(received.format.toSorted(ascending)).toEqual(expected)
  })

  test('every partitioning delivers every record', async () => {
    const sink = collectingSink<number>()
    await runTestJob(
      (env) => {
        const stream = env.fromSequence(1, 20)
        const ways = [stream.forward(), stream.rebalance(), stream.rescale(), stream.shuffle(), stream.global(), stream.partitionCustom((n) => n, (n, partitions) => n % partitions)]
        for (const way of ways) way.map((n) => n).sinkTo(sink)
        stream.broadcast().map((n) => n).sinkTo(sink)
      },
      { parallelism: 3 },
    )
    // six ways deliver once, broadcast to each of three subtasks
    expect(sink.values.toSorted(ascending)).toEqual(Array.from({ length: 20 }, (_, index) => Array.from({ length: 9 }, () => index + 1)).flat())
  })

  test('keyed state, side outputs, connected and broadcast streams', async () => {
    const odd = OutputTag.of('odd', types.long())
    const sink = collectingSink<string>()
    const limits = mapState('limits', types.string(), types.long())
    await runTestJob(
      (env) => {
        const numbers = env.fromSequence(1, 9)
        const running = numbers
          .keyBy((n) => n % 3)
          .process((context) => {
            const total = context.state(valueState('total', types.long()))
            return {
              processElement(n, _timestamp, out) {
                total.update((total.value() ?? 0) + n)
                if (n % 2 === 1) context.output(odd, n)
                if (n > 6) out.collect(total.value() ?? 0)
              },
            }
          }, types.long())
        running.map((n) => `total ${n}`).sinkTo(sink)
        running.getSideOutput(odd).filter((n) => n > 6).map((n) => `odd ${n}`).sinkTo(sink)
        numbers
          .keyBy((n) => n)
          .connect(env.fromData([2, 4], types.long()).keyBy((n) => n))
          .process((context) => {
            const seen = context.state(valueState('seen', types.long()))
            const meet = (out: { collect(value: string): void }): void => {
              if (seen.value() !== undefined) out.collect(`met ${context.key}`)
              seen.update(1)
            }
            return { processElement1: (_n, _timestamp, out) => meet(out), processElement2: (_n, _timestamp, out) => meet(out) }
          }, types.string())
          .sinkTo(sink)
        numbers
          .connect(env.fromData([5], types.long()).broadcast(limits))
          .process((context) => {
            const known = context.broadcastState(limits)
            const waiting: number[] = []
            return {
              processElement: (n) => void waiting.push(n),
              processBroadcastElement: (limit) => known.put('limit', limit),
              finish: (out) => waiting.filter((n) => n === known.get('limit')).forEach((n) => out.collect(`limit ${n}`)),
            }
          }, types.string())
          .sinkTo(sink)
      },
      { parallelism: 2 },
    )
    expect(sink.values.toSorted()).toEqual(['limit 5', 'met 2', 'met 4', 'odd 7', 'odd 9', 'total 12', 'total 15', 'total 18'])
  })

  test('a policy sends records whose function throws to its dead-letter sink', async () => {
    const good = collectingSink<number>()
    const deadLetter = collectingSink<BadRecord>()
    const result = await runTestJob((env) =>
      env
        .fromData([1, 2, 3])
        .map((n) => {
          if (n === 2) throw new Error('no twos')
          return n
        })
        .name('twos')
        .onError({ deadLetter })
        .sinkTo(good),
    )
    expect(good.values).toEqual([1, 3])
    expect(deadLetter.values).toMatchObject([{ source: 'twos', reason: expect.stringContaining('no twos') }])
    expect(result.recordsRejected).toBe(1)
  })
})

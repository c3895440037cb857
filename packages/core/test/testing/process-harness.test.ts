import { describe, expect, test } from 'vitest'
import { OutputTag } from '../../src/functions/output-tag.ts'
import type { KeyedOpenContext, KeyedProcessFunction } from '../../src/functions/process-function.ts'
import { listState, mapState, valueState } from '../../src/functions/state-descriptor.ts'
import type { BadRecord } from '../../src/spi/bad-record.ts'
import { collectingSink } from '../../src/testing/collecting-sink.ts'
import { broadcastProcessHarness, coProcessHarness, keyedBroadcastProcessHarness, keyedCoProcessHarness, keyedProcessHarness, processHarness } from '../../src/testing/process-harness.ts'
import * as types from '../../src/types/types.ts'

interface Click {
  readonly user: string
  readonly page: string
}
const clicks = valueState('clicks', types.long())
const pages = listState('pages', types.string())
const rare = OutputTag.of('rare', types.string())

/** Counts clicks per user; a minute of event time after the first it reports, ten seconds of processing time after it forgets the pages. */
const counting = (context: KeyedOpenContext<string>): KeyedProcessFunction<Click, string> => {
  const count = context.state(clicks)
  const seen = context.state(pages)
  const total = context.accumulators.sum('clicks')
  const counter = context.metrics.counter('clicks')
  return {
    processElement({ page }, timestamp) {
      if (page === '') throw new Error('no page')
      if (count.value() === undefined) {
        context.registerEventTimeTimer(timestamp + 60_000)
        context.registerProcessingTimeTimer(context.now() + 10_000)
      }
      count.update((count.value() ?? 0) + 1)
      seen.add(page)
      total.add(1)
      counter.value++
      if (page === '/rare') context.output(rare, context.key)
    },
    onTimer(_timestamp, output, domain) {
      if (domain === 'processing') return seen.clear()
      output.collect(`${context.key} ${count.value()}`)
      count.clear()
    },
  }
}
const open = (options?: Parameters<typeof keyedProcessHarness>[2]) => keyedProcessHarness(counting, ({ user }: Click) => user, options)

describe('keyedProcessHarness', () => {
  test('shows output, side outputs, state and timers of each key', async () => {
    await using harness = await open()
    harness.element({ user: 'ann', page: '/' }, 1_000)
    harness.element({ user: 'bob', page: '/rare' }, 2_000)
    harness.element({ user: 'ann', page: '/a' }, 3_000)
    const ann = harness.state('ann', clicks)
    const bob = harness.state('bob', clicks)
    expect([ann.value(), bob.value(), harness.state('eve', clicks).value()]).toEqual([2, 1, undefined])
    expect(harness.state('ann', pages).get()).toEqual(['/', '/a'])
    expect(harness.keysWith(clicks)).toEqual(['ann', 'bob'])
    expect(harness.timers()).toEqual([
      { key: 'ann', timestamp: 10_000, domain: 'processing' },
      { key: 'bob', timestamp: 10_000, domain: 'processing' },
      { key: 'ann', timestamp: 61_000, domain: 'event' },
      { key: 'bob', timestamp: 62_000, domain: 'event' },
    ])
    expect(harness.side(rare)).toEqual(['bob'])
    expect(harness.take()).toEqual([])
    harness.watermark(61_000)
    expect([harness.take(), harness.timestamps(), harness.keysWith(clicks)]).toEqual([['ann 2'], [61_000], ['bob']])
    harness.advanceTo(10_000)
    expect([harness.keysWith(pages), harness.timers()]).toEqual([[], [{ key: 'bob', timestamp: 62_000, domain: 'event' }]])
    expect([harness.metric('clicks'), harness.accumulators()]).toEqual([3, { clicks: { kind: 'sum', value: 3 } }])
    await harness.finish()
    expect([harness.take(), harness.outputs()]).toEqual([['bob 1'], ['ann 2', 'bob 1']])
  })

  test('state can be set up by the test, and goes over to another harness', async () => {
    await using first = await open({ now: 5_000 })
    first.state('ann', clicks).update(41)
    first.element({ user: 'ann', page: '/' }, 0)
    first.element({ user: 'bob', page: '/' }, 0)
    await using second = await open({ restore: [await first.snapshot()] })
    expect([second.state('ann', clicks).value(), second.timers().map(({ key, domain }) => `${key} ${domain}`)]).toEqual([42, ['bob processing', 'bob event']])
    second.watermark(60_000)
    expect(second.outputs()).toEqual(['bob 1'])
  })

  test('throws what the function throws, or keeps it as a dead letter, with the state as it was', async () => {
    await using strict = await open()
    expect(() => strict.element({ user: 'ann', page: '' }, 0)).toThrow(expect.objectContaining({ code: 'CORE_USER_FUNCTION', at: expect.objectContaining({ key: '"ann"' }) }))
    await using lenient = await open({ onError: { deadLetter: collectingSink<BadRecord>() } })
    lenient.element({ user: 'ann', page: '' }, 0)
    lenient.element({ user: 'ann', page: '/' }, 0)
    expect(lenient.deadLetters()).toHaveLength(1)
    expect(lenient.state('ann', clicks).value()).toBe(1)
  })
})

test('processHarness: a function without keys, opened, finished and closed once', async () => {
  const calls: string[] = []
  const harness = await processHarness<number, number>((context) => {
    calls.push('open')
    const rules = context.operatorState('rules', types.long())
    return {
      processElement(value, timestamp, output) {
        rules.add(value)
        output.collect(value * rules.get().length, timestamp + 1)
      },
      finish: (output) => output.collect(-1),
      close: () => void calls.push('close'),
    }
  })
  harness.element(5, 10)
  harness.element(7, 20)
  await harness.finish()
  expect([harness.outputs(), harness.timestamps().slice(0, 2)]).toEqual([[5, 14, -1], [11, 21]])
  await harness.close()
  expect(calls).toEqual(['open', 'close'])
})

test('coProcessHarness and keyedCoProcessHarness: two inputs', async () => {
  await using both = await coProcessHarness<number, string, string>(() => ({
    processElement1: (value, _timestamp, output) => output.collect(`1 ${value}`),
    processElement2: (value, _timestamp, output) => output.collect(`2 ${value}`),
  }))
  both.element(1)
  both.element2('a')
  expect(both.outputs()).toEqual(['1 1', '2 a'])

  const last = valueState('last', types.string())
  await using keyed = await keyedCoProcessHarness((context: KeyedOpenContext<string>) => {
    const state = context.state(last)
    return {
      processElement1: (click: Click) => state.update(click.page),
      processElement2: (user: string, _timestamp: number, output: { collect(value: string): void }) => output.collect(`${user} ${state.value() ?? 'nowhere'}`),
    }
  }, ({ user }) => user, (user) => user)
  keyed.element({ user: 'ann', page: '/a' })
  keyed.element2('ann')
  keyed.element2('bob')
  expect([keyed.outputs(), keyed.keysWith(last)]).toEqual([['ann /a', 'bob nowhere'], ['ann']])
})

test('broadcastProcessHarness and keyedBroadcastProcessHarness: rules for all', async () => {
  const rules = mapState('rules', types.string(), types.long())
  const seen = valueState('seen', types.long())
  await using plain = await broadcastProcessHarness<string, readonly [string, number], number>((context) => {
    const state = context.broadcastState(rules)
    return {
      processElement: (word, _timestamp, output) => output.collect(state.get(word) ?? 0),
      processBroadcastElement: ([word, value]) => state.put(word, value),
    }
  }, [rules])
  plain.element('a')
  plain.element2(['a', 7])
  plain.element('a')
  expect(plain.outputs()).toEqual([0, 7])

  await using keyed = await keyedBroadcastProcessHarness<string, string, string, string>((context) => {
    const count = context.state(seen)
    return {
      processElement: () => count.update((count.value() ?? 0) + 1),
      processBroadcastElement: (_word, _timestamp, output) => context.forEachKey(seen, (key, state) => output.collect(`${key} ${state.value()}`)),
    }
  }, (word) => word, [])
  for (const word of ['x', 'y', 'x']) keyed.element(word)
  keyed.element2('report')
  expect(keyed.outputs().toSorted()).toEqual(['x 2', 'y 1'])
  expect(keyed.state('x', seen).value()).toBe(2)
})

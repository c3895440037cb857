import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BroadcastProcessFunction, CoProcessFunction, KeyedBroadcastOpenContext, KeyedOpenContext, KeyedProcessFunction, OperatorOpenContext } from '../../../src/functions/process-function.ts'
import { OutputTag } from '../../../src/functions/output-tag.ts'
import { mapState, reducingState, valueState } from '../../../src/functions/state-descriptor.ts'
import type { OperatorSpec } from '../../../src/graph/operator-spec.ts'
import { hostileRun, type OperatorEvent } from '../../../src/testing/hostile-run.ts'
import { createOperatorHarness } from '../../../src/testing/operator-harness.ts'
import { generic } from '../../../src/types/generic-type.ts'
import { long } from '../../../src/types/number-types.ts'
import { string } from '../../../src/types/simple-types.ts'

interface Item {
  readonly key: string
  readonly n: number
}
type KeyedContext = KeyedOpenContext<string>

const keySelector = { kind: 'field', field: 'key' } as const
const byKey = { keys: [keySelector] }
const byBoth = { keys: [keySelector, keySelector] }
const element = (key: string, n: number, timestamp: number, input: 0 | 1 = 0): OperatorEvent => ({ kind: 'element', value: { key, n }, timestamp, input })
const watermark = (timestamp: number): OperatorEvent => ({ kind: 'watermark', timestamp })
const keyedProcess = (open: (context: KeyedContext) => KeyedProcessFunction<Item, unknown>): OperatorSpec => ({ kind: 'keyedProcess', open: open as never })
const keyedCoProcess = (open: (context: KeyedContext) => CoProcessFunction<Item, Item, unknown>): OperatorSpec => ({ kind: 'keyedCoProcess', open: open as never })

/** Counts per key, and tells the count at each timer. */
const counting = keyedProcess((context) => {
  const count = context.state(valueState('count', long()))
  return {
    processElement(value, timestamp) {
      count.update((count.value() ?? 0) + 1)
      if (value.n >= 0) context.registerEventTimeTimer(timestamp + value.n)
      else context.registerProcessingTimeTimer(context.now() - value.n)
    },
    onTimer: (timestamp, output, domain) => output.collect(`${context.key} ${domain} ${timestamp} ${count.value()}`),
  }
})

describe('keyed process', () => {
  it('fires timers in order, each once, with its key and state', async () => {
    const harness = await createOperatorHarness(counting, byKey)
    for (const [key, n] of [['a', 30], ['b', 10], ['a', 30], ['a', 5]] as const) harness.element({ key, n }, 0)
    harness.watermark(9)
    harness.watermark(30)
    expect(harness.output).toEqual([
      { kind: 'record', value: 'a event 5 3', timestamp: 5 },
      { kind: 'watermark', timestamp: 9 },
      { kind: 'record', value: 'b event 10 1', timestamp: 10 },
      { kind: 'record', value: 'a event 30 3', timestamp: 30 },
      { kind: 'watermark', timestamp: 30 },
    ])
    await harness.close()
  })

  it('fires processing-time timers by the clock and, when still pending, at the end of input', async () => {
    const harness = await createOperatorHarness(counting, byKey)
    harness.element({ key: 'a', n: -50 }, 3)
    harness.element({ key: 'a', n: -20 }, 3)
    harness.advanceTo(19)
    expect(harness.records()).toEqual([])
    harness.advanceTo(20)
    expect(harness.output).toEqual([{ kind: 'record', value: 'a processing 20 2', timestamp: Number.MIN_SAFE_INTEGER }])
    await harness.finish()
    expect(harness.records()).toEqual(['a processing 20 2', 'a processing 50 2'])
    await harness.close()
  })

  it('fires timers registered while firing when they are due, and not those deleted', async () => {
    const chain = keyedProcess((context) => ({
      processElement: (_value, timestamp) => context.registerEventTimeTimer(timestamp),
      onTimer(timestamp, output) {
        output.collect(timestamp)
        if (timestamp < 5) {
          context.registerEventTimeTimer(timestamp + 1)
          context.registerEventTimeTimer(timestamp + 100)
          context.deleteEventTimeTimer(timestamp + 100)
        }
      },
    }))
    const output = await hostileRun(chain, [element('a', 0, 2), watermark(4), watermark(200)], byKey)
    expect(output.filter((event) => event.kind === 'record').map(({ value }) => value)).toEqual([2, 3, 4, 5])
  })

  it('ignores watermarks that do not advance', async () => {
    const harness = await createOperatorHarness(counting, byKey)
    for (const timestamp of [5, 5, 3, 6]) harness.watermark(timestamp)
    expect(harness.watermarks()).toEqual([5, 6])
    await harness.close()
  })

  it('keeps state, timers and watermark over restores, in every hostile way', async () => {
    const events = fc.array(
      fc.oneof(
        fc.record({ key: fc.constantFrom('a', 'b'), n: fc.integer({ min: -10, max: 10 }), at: fc.nat(30) }).map(({ key, n, at }) => element(key, n, at)),
        fc.nat(50).map(watermark),
        fc.nat(60).map((now): OperatorEvent => ({ kind: 'processingTime', now })),
      ),
      { maxLength: 25 },
    )
    await fc.assert(fc.asyncProperty(events, async (all) => void (await hostileRun(counting, all, byKey))), { numRuns: 40 })
  })

  it('has tuple keys back as tuples, and no key where there is none', async () => {
    let context!: KeyedContext
    const spec = keyedProcess((opened) => {
      context = opened
      return { processElement: (_value, _timestamp, output) => output.collect(opened.key), finish: () => void opened.key }
    })
    const harness = await createOperatorHarness(spec, { keys: [{ kind: 'fields', fields: ['key', 'n'] }] })
    harness.element({ key: 'a', n: 1 }, 0)
    expect(harness.records()).toEqual([['a', 1]])
    await expect(harness.finish()).rejects.toMatchObject({ code: 'CORE_NO_CURRENT_KEY' })
    expect(() => context.registerEventTimeTimer(1)).toThrow(expect.objectContaining({ code: 'CORE_NO_CURRENT_KEY' }))
    expect(() => context.state(valueState('late', long()))).toThrow(expect.objectContaining({ code: 'CORE_STATE_AFTER_OPEN' }))
    await harness.close()
  })
})

describe('failing user functions', () => {
  const breaking = keyedProcess((context) => {
    const sum = context.state(reducingState('sum', (a: number, b: number) => a + b, long()))
    const seen = context.state(mapState('seen', long(), long()))
    const side = OutputTag.of('side', long())
    return {
      processElement(value, timestamp, output) {
        sum.add(value.n)
        seen.put(value.n, timestamp)
        seen.remove(1)
        context.registerEventTimeTimer(timestamp + 10)
        output.collect(`${context.key} ${sum.get()} ${[...seen.keys()].join()}`)
        context.output(side, value.n)
        if (value.n === 13) throw new RangeError('unlucky')
      },
      onTimer: (timestamp, output) => output.collect(`timer ${timestamp}`),
    }
  })
  const events = [element('a', 1, 1), element('a', 2, 2), element('a', 13, 3), element('a', 4, 4)]

  it('fail with everything needed to find the record', async () => {
    const harness = await createOperatorHarness(breaking, byKey)
    const fail = () => harness.element({ key: 'a', n: 13 }, 3)
    expect(fail).toThrow(
      expect.objectContaining({
        code: 'CORE_USER_FUNCTION',
        origin: 'user',
        cause: expect.any(RangeError),
        at: { operator: 'keyedProcess', uid: 'operator', subtask: 0, key: '"a"', record: '{key: "a", n: 13}' },
        message: expect.stringMatching(/keyedProcess.*\{key: "a", n: 13\}.*unlucky/),
      }),
    )
    await harness.close(true)
  })

  it('skip: the call leaves no output, no state and no timer behind', async () => {
    const output = await hostileRun(breaking, events, { ...byKey, onError: 'skip' })
    const records = output.flatMap((event) => (event.kind === 'record' ? [event.value] : []))
    expect(records).toEqual(['a 1 ', 'a 3 2', 'a 7 2,4', 'timer 11', 'timer 12', 'timer 14'])
    expect(output.filter((event) => event.kind === 'side').map(({ value }) => value)).toEqual([1, 2, 4])
  })

  it('deadLetter: the record goes to the side output with its reason, and an error ratio ends the job', async () => {
    const policy = { deadLetter: { kind: 'sink', name: 'x', createWriter: () => ({ write() {}, flush() {} }) } } as const
    const harness = await createOperatorHarness(breaking, { ...byKey, onError: policy })
    harness.element({ key: 'a', n: 13 }, 3)
    expect(harness.side('millrace.dead-letter')).toEqual([
      { raw: Buffer.from('{"key":"a","n":13}'), source: 'keyedProcess', partition: '0', offset: null, line: null, field: null, code: 'CORE_USER_FUNCTION', reason: expect.stringContaining('unlucky') },
    ])
    expect(harness.counter('numRecordsRejected')).toBe(1)
    expect(harness.warnings).toHaveLength(1)
    await harness.close()
    const limited = await createOperatorHarness(breaking, { ...byKey, onError: { skip: true, maxErrorRatio: 0.1 } })
    for (let n = 0; n < 99; n++) limited.element({ key: 'a', n: n % 5 === 0 ? 13 : 2 }, 3)
    expect(() => limited.element({ key: 'a', n: 13 }, 3)).toThrow(expect.objectContaining({ code: 'CORE_ERROR_RATIO' }))
    await limited.close(true)
  })

  it('a failure below the operator is never skipped', async () => {
    const emitting = await createOperatorHarness(keyedProcess(() => ({ processElement: (value, _t, output) => output.collect(value) })), { ...byKey, onError: 'skip' })
    ;(emitting.context.output as { collect: unknown }).collect = () => {
      throw new Error('network')
    }
    expect(() => emitting.element({ key: 'a', n: 1 }, 0)).toThrow('network')
    await emitting.close(true)
  })

  it('map, filter and flatMap: an element that throws is skipped whole', async () => {
    const run = async (operator: OperatorSpec) => {
      const output = await hostileRun(operator, [element('a', 1, 1), element('a', 13, 2), element('a', 2, 3)], { onError: 'skip' })
      return output.flatMap((event) => (event.kind === 'record' ? [event.value] : []))
    }
    const check = (value: Item): number => {
      if (value.n === 13) throw new Error('unlucky')
      return value.n
    }
    expect(await run({ kind: 'map', map: check as never })).toEqual([1, 2])
    expect(await run({ kind: 'filter', predicate: ((value: Item) => check(value) > 1) as never })).toEqual([{ key: 'a', n: 2 }])
    expect(await run({ kind: 'flatMap', flatMap: function* (value: Item) {
      yield 0
      yield check(value)
    } as never })).toEqual([0, 1, 0, 2])
  })
})

describe('operators without keys', () => {
  it('process: operator state is redistributed', async () => {
    const spec: OperatorSpec = {
      kind: 'process',
      open: ((context: OperatorOpenContext) => {
        const seen = context.operatorState('seen', long())
        return {
          processElement(value: Item, _timestamp: number, output: { collect(value: unknown): void }) {
            seen.add(value.n)
            output.collect([...seen.get()])
          },
          finish: (output: { collect(value: unknown): void }) => output.collect('end'),
        }
      }) as never,
    }
    const output = await hostileRun(spec, [element('a', 1, 1), element('a', 2, 2)], {})
    expect(output.flatMap((event) => (event.kind === 'record' ? [event.value] : []))).toEqual([[1], [1, 2], 'end'])
    const one = await createOperatorHarness(spec)
    for (const n of [1, 2, 3]) one.element({ n }, 0)
    const restore = [await one.snapshot()]
    const scaled = await Promise.all([0, 1].map((subtaskIndex) => createOperatorHarness(spec, { restore, parallelism: 2, subtaskIndex })))
    for (const harness of scaled) harness.element({ n: 9 }, 0)
    expect(scaled.flatMap((harness) => harness.records())).toEqual([[1, 2, 9], [3, 9]])
    for (const harness of [one, ...scaled]) await harness.close()
  })

  it('co-process: tells the two inputs and their ends apart', async () => {
    const spec: OperatorSpec = {
      kind: 'coProcess',
      open: (() => ({
        processElement1: (value: Item, _t: number, output: { collect(value: unknown): void }) => output.collect(`one ${value.n}`),
        processElement2: (value: Item, _t: number, output: { collect(value: unknown): void }) => output.collect(`two ${value.n}`),
        endInput: (input: number, output: { collect(value: unknown): void }) => output.collect(`end ${input}`),
      })) as never,
    }
    const output = await hostileRun(spec, [element('a', 1, 1), element('a', 2, 2, 1)], { keys: [null, null] })
    expect(output.flatMap((event) => (event.kind === 'record' ? [event.value] : []))).toEqual(['one 1', 'two 2', 'end 0', 'end 1'])
  })
})

describe('keyed co-process', () => {
  it('shares state and timers between its inputs', async () => {
    const spec = keyedCoProcess((context) => {
      const left = context.state(valueState('left', long()))
      return {
        processElement1: (value) => left.update(value.n),
        processElement2(value, timestamp, output) {
          output.collect(`${context.key} ${left.value() ?? 'none'} ${value.n}`)
          context.registerEventTimeTimer(timestamp + 5)
        },
        onTimer(timestamp, output) {
          output.collect(`clear ${context.key} ${left.value() ?? 'none'} @ ${timestamp}`)
          left.clear()
        },
      }
    })
    const events = [element('a', 1, 0), element('b', 2, 0, 1), element('a', 3, 1, 1), watermark(10), element('a', 4, 11, 1)]
    const output = await hostileRun(spec, events, byBoth)
    const records = output.flatMap((event) => (event.kind === 'record' ? [event.value] : []))
    expect(records).toEqual(['b none 2', 'a 1 3', 'clear b none @ 5', 'clear a 1 @ 6', 'a none 4', 'clear a none @ 16'])
  })
})

describe('broadcast', () => {
  const rules = mapState('rules', string(), long())
  const keyedBroadcast = (open: (context: KeyedBroadcastOpenContext<string>) => BroadcastProcessFunction<Item, Item, unknown>): OperatorSpec => ({
    kind: 'keyedBroadcastProcess',
    open: open as never,
    broadcastStates: [rules as never],
  })
  const total = valueState('total', long())
  const withRules = keyedBroadcast((context) => {
    const factors = context.broadcastState(rules)
    const sum = context.state(total)
    return {
      processElement(value, _timestamp, output) {
        sum.update((sum.value() ?? 0) + value.n * (factors.get(value.key) ?? 1))
        output.collect(`${context.key} ${sum.value()}`)
      },
      processBroadcastElement(value, _timestamp, output) {
        if (value.n === 0) factors.remove(value.key)
        else factors.put(value.key, value.n)
        const visited: string[] = []
        context.forEachKey(total, (key, state) => {
          visited.push(`${key}=${state.value()}`)
          state.update(0)
        })
        output.collect(`reset ${visited.sort().join()}`)
      },
    }
  })

  it('keyed: broadcast state survives, forEachKey visits and changes every key', async () => {
    const events = [element('a', 1, 0), element('b', 2, 0), element('a', 10, 0, 1), element('a', 3, 1), element('b', 1, 1), element('a', 0, 2, 1)]
    const output = await hostileRun(withRules, events, { keys: [keySelector, null] })
    expect(output.flatMap((event) => (event.kind === 'record' ? [event.value] : []))).toEqual(['a 1', 'b 2', 'reset a=1,b=2', 'a 30', 'b 1', 'reset a=30,b=1'])
  })

  it('is read-only for other elements, and forEachKey belongs to broadcast elements', async () => {
    const writing = await createOperatorHarness(
      keyedBroadcast((context) => ({
        processElement: (value) => (value.n === 1 ? context.broadcastState(rules).put('x', 1) : context.forEachKey(total, () => {})),
        processBroadcastElement: () => context.registerEventTimeTimer(5),
      })),
      { keys: [keySelector, null] },
    )
    for (const n of [1, 2]) expect(() => writing.element({ key: 'a', n }, 0)).toThrow(expect.objectContaining({ code: 'CORE_BROADCAST_READONLY', at: expect.objectContaining({ key: '"a"' }) }))
    expect(() => writing.element({ key: 'a', n: 1 }, 0, 1)).toThrow(expect.objectContaining({ code: 'CORE_NO_CURRENT_KEY' }))
    expect(() => writing.element({ key: 'a', n: 1 }, 0)).toThrow(expect.objectContaining({ code: 'CORE_BROADCAST_READONLY' }))
    await writing.close(true)
  })

  it('without keys: a failed broadcast element that is skipped changes nothing', async () => {
    const spec: OperatorSpec = {
      kind: 'broadcastProcess',
      broadcastStates: [rules as never],
      open: ((context: KeyedBroadcastOpenContext<string>) => {
        const state = context.broadcastState(rules)
        return {
          processElement: (_value: Item, _t: number, output: { collect(value: unknown): void }) => output.collect([...state.entries()]),
          processBroadcastElement(value: Item) {
            state.put(value.key, value.n)
            if (value.n === 13) throw new Error('unlucky')
          },
        }
      }) as never,
    }
    const events = [element('a', 1, 0, 1), element('a', 13, 0, 1), element('b', 13, 0, 1), element('x', 0, 0)]
    const output = await hostileRun(spec, events, { keys: [null, null], onError: 'skip' })
    expect(output.flatMap((event) => (event.kind === 'record' ? [event.value] : []))).toEqual([[['a', 1]]])
    const bad = createOperatorHarness({ ...spec, broadcastStates: [total as never] } as OperatorSpec, { keys: [null, null] })
    await expect(bad).rejects.toMatchObject({ code: 'CORE_INVALID_STATE' })
  })
})

describe('the harness', () => {
  it('notices state that is changed in place behind the back of the state API', async () => {
    const spec = keyedProcess((context) => {
      const list = context.state(valueState<{ n: number }>('box', generic<{ n: number }>()))
      return {
        processElement(value) {
          const box = list.value() as { n: number } | undefined
          if (box === undefined) list.update({ n: value.n })
          else box.n = value.n
        },
      }
    })
    await expect(hostileRun(spec, [element('a', 1, 0), element('a', 2, 0)], byKey)).rejects.toMatchObject({ code: 'CORE_TEST_STATE_MUTATED' })
  })

  it('notices functions that keep state of their own', async () => {
    const spec = keyedProcess(() => {
      let count = 0
      return { processElement: (_value, _timestamp, output) => output.collect(++count) }
    })
    await expect(hostileRun(spec, [element('a', 1, 0), element('a', 2, 0)], byKey)).rejects.toMatchObject({ code: 'CORE_TEST_UNEQUAL_RUNS' })
  })
})

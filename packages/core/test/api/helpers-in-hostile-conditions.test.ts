import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StreamExecutionEnvironment } from '../../src/api/stream-execution-environment.ts'
import { topN } from '../../src/functions/aggregates-top-n.ts'
import { TumblingEventTimeWindows } from '../../src/functions/window-assigners.ts'
import type { SidedRecord } from '../../src/graph/sided-record.ts'
import type { StreamNode } from '../../src/graph/stream-graph.ts'
import { hostileRun, type OperatorEvent } from '../../src/testing/hostile-run.ts'
import * as types from '../../src/types/types.ts'
import { graphOf } from './job-fixture.ts'

const Item = types.row({ key: types.string(), n: types.long() })
interface Item {
  readonly key: string
  readonly n: number
}
const keys = fc.constantFrom('a', 'b', 'c')
const items = fc.record({ key: keys, n: fc.nat(9) })

/** The operator that the API makes of a job, by the kind of its spec. */
function nodeOf(kind: StreamNode['operator']['kind'], build: (env: StreamExecutionEnvironment) => void): StreamNode {
  const node = graphOf(build).nodes.findLast(({ operator }) => operator.kind === kind)
  return node ?? expect.unreachable(`no ${kind} in the graph`)
}
async function run({ operator, keys: selectors }: StreamNode, events: readonly OperatorEvent[]): Promise<readonly unknown[]> {
  const emitted = await hostileRun(operator, events, { keys: selectors })
  return emitted.flatMap((event) => (event.kind === 'record' ? [event.value] : []))
}
const element = (value: unknown, timestamp = 0): OperatorEvent => ({ kind: 'element', value, timestamp })

test('deduplicate: the first of each key, or of each key and time', async () => {
  const within = 10
  const steps = fc.array(fc.oneof(items.map((item) => ({ item })), fc.nat(8).map((passed) => ({ passed }))), { maxLength: 25 })
  await fc.assert(
    fc.asyncProperty(steps, fc.boolean(), async (all, forgets) => {
      let now = 0
      const events: OperatorEvent[] = []
      const expected: Item[] = []
      const seen = new Map<string, number>()
      for (const step of all) {
        if ('passed' in step) {
          events.push({ kind: 'processingTime', now: (now += step.passed) })
          continue
        }
        events.push(element(step.item))
        const since = seen.get(step.item.key)
        if (since !== undefined && !(forgets && now >= since + within)) continue
        seen.set(step.item.key, now)
        expected.push(step.item)
      }
      const node = nodeOf('keyedProcess', (env) => env.fromData<Item>([], Item).keyBy('key').deduplicate(forgets ? { within: '10ms' } : {}).print())
      expect(await run(node, events)).toEqual(expected)
    }),
    { numRuns: 40 },
  )
})

test('window join: the pairs of each key and window, and in outer joins what is left', async () => {
  const sided = fc.record({ right: fc.boolean(), item: items, at: fc.nat(25) })
  const text = (left: Item | null, right: Item | null): string => `${left?.key ?? '-'}${left?.n ?? ''} ${right?.key ?? '-'}${right?.n ?? ''}`
  await fc.assert(
    fc.asyncProperty(fc.array(sided, { maxLength: 14 }), fc.constantFrom('inner', 'left', 'right', 'full'), async (all, kind) => {
      const node = nodeOf('window', (env) => {
        const stream = () => env.fromData<Item>([], Item).keyBy('key')
        stream().join(stream()).window(TumblingEventTimeWindows.of('10ms'))[kind](text as never).print()
      })
      const record = ({ right, item }: { readonly right: boolean; readonly item: Item }): SidedRecord => ({ isRight: right, left: right ? null : item, right: right ? item : null })
      const events = [...all].map((each) => element(record(each), each.at))
      const meets = (a: (typeof all)[number], b: (typeof all)[number]): boolean => a.right !== b.right && a.item.key === b.item.key && Math.floor(a.at / 10) === Math.floor(b.at / 10)
      const [lefts, rights] = [all.filter(({ right }) => !right), all.filter(({ right }) => right)]
      const expected = [
        ...lefts.flatMap((left) => rights.filter((right) => meets(left, right)).map((right) => text(left.item, right.item))),
        ...(kind === 'left' || kind === 'full' ? lefts.filter((left) => !rights.some((right) => meets(left, right))).map(({ item }) => text(item, null)) : []),
        ...(kind === 'right' || kind === 'full' ? rights.filter((right) => !lefts.some((left) => meets(left, right))).map(({ item }) => text(null, item)) : []),
      ]
      expect((await run(node, events)).toSorted()).toEqual(expected.toSorted())
    }),
    { numRuns: 40 },
  )
})

test('fullWindowPartition: every record once, at the end, whatever happened before', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(items, { maxLength: 12 }), async (all) => {
      const node = (end: 'sort' | 'reduce' | 'map'): StreamNode =>
        nodeOf('process', (env) => {
          const partition = env.fromData<Item>([], Item).fullWindowPartition()
          if (end === 'sort') partition.sortPartition((a, b) => a.n - b.n).print()
          else if (end === 'reduce') partition.reduce((a, b) => ({ key: 'sum', n: a.n + b.n })).print()
          else partition.mapPartition((records) => [records.length]).print()
        })
      const events = all.map((item) => element(item))
      expect(await run(node('map'), events)).toEqual([all.length])
      expect((await run(node('sort'), events)).map((item) => (item as Item).n)).toEqual(all.map(({ n }) => n).sort((a, b) => a - b))
      expect((await run(node('reduce'), events)).map((item) => (item as Item).n)).toEqual(all.length === 0 ? [] : [all.reduce((sum, { n }) => sum + n, 0)])
    }),
    { numRuns: 25 },
  )
})

test('rolling top n: after each record the best of its key so far', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(items, { maxLength: 15 }), fc.integer({ min: 1, max: 4 }), async (all, n) => {
      const node = nodeOf('aggregate', (env) => env.fromData<Item>([], Item).keyBy('key').aggregate(topN(n, (item: Item) => item.n, Item)).print())
      const expected = all.map(({ key }, index) =>
        all
          .slice(0, index + 1)
          .filter((item) => item.key === key)
          .toSorted((a, b) => b.n - a.n)
          .slice(0, n),
      )
      expect(await run(node, all.map((item) => element(item)))).toEqual(expected)
    }),
    { numRuns: 40 },
  )
})

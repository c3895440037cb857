import { expect, test } from 'vitest'
import { createMetricRegistry } from '../../src/metrics/metric-registry.ts'
import type { MetricGroup } from '../../src/spi/metric-group.ts'

function unexpected(name: string, _labels: unknown, error: unknown): never {
  throw new Error(`gauge ${name} failed`, { cause: error })
}

test('counters and gauges are read when they are collected', () => {
  const registry = createMetricRegistry(unexpected)
  const group = registry.group({ job: 'j', operator: 'map', uid: 'm', subtask: '0' })
  const counter = group.counter('numRecordsIn')
  let watermark = 1
  group.gauge('currentOutputWatermark', () => watermark)
  counter.value += 7
  watermark = 9
  const labels = { job: 'j', operator: 'map', uid: 'm', subtask: '0' }
  expect(registry.collect()).toEqual([
    { name: 'numRecordsIn', type: 'counter', labels, value: 7 },
    { name: 'currentOutputWatermark', type: 'gauge', labels, value: 9 },
  ])
})

test('user groups add a label, or a prefix when they have no value', () => {
  const registry = createMetricRegistry(unexpected)
  const group = registry.group({ job: 'j' }).group('kafka').group('topic', 'orders')
  group.counter('lag').value = 3
  expect(registry.collect()).toEqual([{ name: 'kafka.lag', type: 'counter', labels: { job: 'j', topic: 'orders' }, value: 3 }])
})

test('a second attempt goes on with the counters and replaces the gauges', () => {
  const registry = createMetricRegistry(unexpected)
  const labels = { job: 'j', subtask: '1' }
  const first = registry.group(labels)
  first.counter('n').value = 5
  first.group('user').gauge('size', () => 1)
  registry.group({ job: 'j', subtask: '2' }).gauge('size', () => 2)
  const second = registry.group(labels)
  second.counter('n').value++
  second.group('user').gauge('size', () => 10)
  second.group('user').gauge('size', () => 11)
  expect(registry.collect().map((sample) => sample.value)).toEqual([6, 11, 2])
})

test('a family of gauges has a sample for each label value that is there now', () => {
  const registry = createMetricRegistry(unexpected)
  const splits = new Map([['a', 1], ['b', 2]])
  registry.group({ job: 'j' }).gauge('watermark', 'split', () => splits)
  splits.delete('a')
  splits.set('c', 3)
  expect(registry.collect()).toEqual([
    { name: 'watermark', type: 'gauge', labels: { job: 'j', split: 'b' }, value: 2 },
    { name: 'watermark', type: 'gauge', labels: { job: 'j', split: 'c' }, value: 3 },
  ])
  expect(() => registry.group({ job: 'j' }).gauge('watermark', 'subtask', () => [])).toThrow('expected a label name')
})

test('a family that throws has no samples and is reported once', () => {
  let failures = 0
  const registry = createMetricRegistry(() => failures++)
  registry.group({ job: 'j' }).gauge('broken', 'split', () => {
    throw new Error('boom')
  })
  expect([...registry.collect(), ...registry.collect()]).toEqual([])
  expect(failures).toBe(1)
})

test('a gauge that throws reads NaN and is reported once', () => {
  const failures: string[] = []
  const registry = createMetricRegistry((name, labels, error) => failures.push(`${name} ${labels['job']} ${String(error)}`))
  registry.group({ job: 'j' }).gauge('broken', () => {
    throw new Error('boom')
  })
  expect(registry.collect()[0]?.value).toBeNaN()
  expect(registry.collect()[0]?.value).toBeNaN()
  expect(failures).toEqual(['broken j Error: boom'])
})

test.each([
  ["the engine's labels", (group: MetricGroup) => group.group('subtask', '9')],
  ['a label name with a dash', (group: MetricGroup) => group.group('a-b', '9')],
  ['a metric name with a space', (group: MetricGroup) => group.counter('a b')],
  [
    'a counter as a gauge',
    (group: MetricGroup) => {
      group.counter('x')
      group.gauge('x', () => 1)
    },
  ],
])('refuses %s', (_what, use) => {
  const group = createMetricRegistry(unexpected).group({ job: 'j' })
  expect(() => use(group)).toThrow(expect.objectContaining({ code: 'CORE_INVALID_METRIC', origin: 'user' }))
})

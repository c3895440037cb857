import { expect, test } from 'vitest'
import { gatherMetrics } from '../../../src/environment/workers/gathered-metrics.ts'
import type { MetricSample } from '../../../src/spi/metric-reporter.ts'

const counter = (value: number, subtask = '0'): MetricSample => ({ name: 'numRecordsOut', type: 'counter', labels: { job: 'j', subtask }, value })
const gauge = (value: number): MetricSample => ({ name: 'isIdle', type: 'gauge', labels: { subtask: '0' }, value })

test('shows the newest of each worker', () => {
  const gathered = gatherMetrics()
  gathered.update(0, [counter(1), gauge(0)])
  gathered.update(1, [counter(5, '1')])
  gathered.update(0, [counter(3), gauge(1)])
  expect(gathered.collect()).toEqual([counter(3), gauge(1), counter(5, '1')])
})
test('goes on counting where a worker that was replaced had stopped; its gauges are gone', () => {
  const gathered = gatherMetrics()
  gathered.update(0, [counter(3), gauge(1)])
  gathered.lost(0)
  expect(gathered.collect()).toEqual([counter(3)])
  gathered.update(0, [counter(2)])
  expect(gathered.collect()).toEqual([counter(5)])
  gathered.lost(0)
  gathered.update(0, [counter(1), counter(7, '1')])
  expect(gathered.collect()).toEqual([counter(6), counter(7, '1')])
})

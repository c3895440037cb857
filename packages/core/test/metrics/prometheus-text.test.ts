import fc from 'fast-check'
import { expect, test } from 'vitest'
import { prometheusText } from '../../src/metrics/prometheus-text.ts'

test('one block a name, with one type, whatever the order of the samples', () => {
  const text = prometheusText([
    { name: 'numRecordsIn', type: 'counter', labels: { job: 'j', subtask: '0' }, value: 1 },
    { name: 'busyTimeMsPerSecond', type: 'gauge', labels: {}, value: 0.5 },
    { name: 'numRecordsIn', type: 'counter', labels: { job: 'j', subtask: '1' }, value: 2 },
  ])
  expect(text).toBe(
    [
      '# TYPE millrace_numRecordsIn counter',
      'millrace_numRecordsIn{job="j",subtask="0"} 1',
      'millrace_numRecordsIn{job="j",subtask="1"} 2',
      '# TYPE millrace_busyTimeMsPerSecond gauge',
      'millrace_busyTimeMsPerSecond 0.5',
      '',
    ].join('\n'),
  )
})

test('names are made legal, values are spelled the way Prometheus reads them', () => {
  const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  const text = prometheusText(values.map((value) => ({ name: 'kafka.lag', type: 'gauge', labels: {}, value })))
  expect(text).toBe('# TYPE millrace_kafka_lag gauge\nmillrace_kafka_lag NaN\nmillrace_kafka_lag +Inf\nmillrace_kafka_lag -Inf\n')
})

test('a name of two types is untyped', () => {
  const text = prometheusText([
    { name: 'x', type: 'gauge', labels: { a: '1' }, value: 1 },
    { name: 'x', type: 'counter', labels: { a: '2' }, value: 1 },
  ])
  expect(text).toContain('# TYPE millrace_x untyped\n')
})

test('any label value survives escaping, on one line', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('"', '\\', '\n', 'n', 'é', '}', ',') }), (value) => {
      const lines = prometheusText([{ name: 'x', type: 'gauge', labels: { l: value }, value: 1 }]).split('\n')
      expect(lines).toHaveLength(3)
      const quoted = /^millrace_x\{l="((?:[^"\\]|\\.)*)"\} 1$/.exec(lines[1] ?? '')?.[1] ?? 'unreadable'
      expect(quoted.replace(/\\(.)/g, (_all, escaped: string) => (escaped === 'n' ? '\n' : escaped))).toBe(value)
    }),
  )
})

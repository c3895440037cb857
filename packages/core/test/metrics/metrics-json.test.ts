import { expect, test } from 'vitest'
import { metricsJson } from '../../src/metrics/metrics-json.ts'

test('samples as JSON, with null for what JSON cannot say', () => {
  const text = metricsJson([
    { name: 'n', type: 'counter', labels: { job: 'j' }, value: 3 },
    { name: 'w', type: 'gauge', labels: {}, value: Number.NaN },
  ])
  expect(JSON.parse(text)).toEqual({
    metrics: [
      { name: 'n', type: 'counter', labels: { job: 'j' }, value: 3 },
      { name: 'w', type: 'gauge', labels: {}, value: null },
    ],
  })
  expect(text.endsWith('}\n')).toBe(true)
})

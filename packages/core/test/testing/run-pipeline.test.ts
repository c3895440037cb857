import { describe, expect, test } from 'vitest'
import { runPipeline } from '../../src/testing/run-pipeline.ts'
import { at, watermark } from '../../src/testing/script.ts'

describe('runPipeline', () => {
  test('maps what comes in', async () => {
    const out = await runPipeline((numbers) => numbers.map((n: number) => n * 2), [at(0, 1), at(1, 2), watermark(5), at(6, 3)])
    expect(out).toEqual([2, 4, 6])
  })
})

import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { hiddenPrefix, hiddenSuffix, isHiddenKey } from '../../src/write/hidden-name.ts'

it('makes names beside the object that are recognised, and no others are', () => {
  for (const key of ['part-0', 'a/b/part-0.parquet', `a/${'x'.repeat(300)}`, 'a/é漢😀.csv', `a/${'😀'.repeat(40)}`]) {
    const hidden = hiddenPrefix(key, randomUUID()) + hiddenSuffix()
    expect(isHiddenKey(hidden), hidden).toBe(true)
    expect(hidden.slice(0, hidden.lastIndexOf('/') + 1)).toBe(key.slice(0, key.lastIndexOf('/') + 1))
    expect(isHiddenKey(`${hidden}.csv`)).toBe(false)
  }
  expect(['part-0', '.hidden', 'a/.part.millrace-1', `a/part.millrace-${randomUUID()}.0123456789ab`].filter(isHiddenKey)).toEqual([])
})

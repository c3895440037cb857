import fc from 'fast-check'
import { expect, test } from 'vitest'
import { byteString, endOf } from '../../../../src/runtime/state/ordered/byte-order.ts'
import { readPage } from '../../../../src/runtime/state/ordered/store-page.ts'
import { memoryStore } from './memory-store.ts'

const key = fc.uint8Array({ minLength: 1, maxLength: 2, max: 5 })
const value = fc.uint8Array({ maxLength: 2 })

test('pages of a store and what is newer are those of both as maps', () => {
  const stored = fc.array(fc.record({ key, value }))
  const changed = fc.uniqueArray(fc.record({ key, value: fc.option(value, { nil: undefined }) }), { selector: (item) => byteString(item.key) })
  fc.assert(
    fc.property(stored, changed, fc.integer({ min: 1, max: 5 }), (inStore, changes, limit) => {
      const store = memoryStore({ snapshots: false, late: false })
      void store.write(inStore.map((item) => ({ ...item, replaces: false })))
      const expected = new Map(inStore.map((item) => [byteString(item.key), item.value]))
      for (const item of changes) {
        if (item.value === undefined) expected.delete(byteString(item.key))
        else expected.set(byteString(item.key), item.value)
      }
      const values = new Map(changes.map((item) => [byteString(item.key), item.value]))
      const newer = { keys: [...values.keys()].sort(), value: (id: string) => values.get(id) }
      const found: (readonly [string, Uint8Array])[] = []
      for (let from: Uint8Array | undefined = new Uint8Array([0]); from !== undefined; ) {
        const page = readPage(store, newer, from, new Uint8Array([255]), limit)
        found.push(...page.entries.map((entry) => [byteString(entry[0]), entry[1]] as const))
        from = page.next
      }
      expect(found).toEqual([...expected].sort(([a], [b]) => (a < b ? -1 : 1)))
    }),
  )
})

test('the end of a prefix is the smallest key greater than all that begin with it', () => {
  expect(endOf(new Uint8Array([1, 2]))).toEqual(new Uint8Array([1, 3]))
  expect(endOf(new Uint8Array([1, 255, 255]))).toEqual(new Uint8Array([2]))
})

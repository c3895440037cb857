import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CacheEntry } from '../../../../src/runtime/state/ordered/cache-entry.ts'
import { EntrySlots } from '../../../../src/runtime/state/ordered/entry-slots.ts'
import type { StateKey } from '../../../../src/types/state-key.ts'

const key = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.string({ maxLength: 2 }), fc.bigInt({ min: 0n, max: 20n }), fc.boolean(), fc.constantFrom(Number.NaN, Infinity, -1.5))

function entryOf(of: StateKey): CacheEntry {
  const entry = new CacheEntry()
  entry.key = of
  return entry
}

test('finds what a Map finds, whatever came and went', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ key, remove: fc.boolean() }), { maxLength: 1500 }), (steps) => {
      const slots = new EntrySlots()
      const model = new Map<StateKey, CacheEntry>()
      for (const { key: at, remove } of steps) {
        const known = model.get(at)
        expect(slots.get(at)).toBe(known)
        if (known === undefined) {
          const entry = entryOf(at)
          model.set(at, entry)
          slots.add(entry)
        } else if (remove) {
          model.delete(at)
          slots.delete(known)
        }
      }
      for (const [at, entry] of model) expect(slots.get(at)).toBe(entry)
      for (const entry of model.values()) slots.delete(entry)
      for (const at of model.keys()) expect(slots.get(at)).toBeUndefined()
    }),
  )
})

test('removing what it does not hold leaves it as it is', () => {
  const slots = new EntrySlots()
  const entry = entryOf('a')
  slots.add(entry)
  slots.delete(entryOf('a'))
  slots.delete(entryOf('b'))
  expect(slots.get('a')).toBe(entry)
})

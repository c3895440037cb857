import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KeyIndex } from '../src/key-index.ts'

const key = fc.array(fc.constantFrom(0, 1, 2, 3, 127, 128, 254, 255), { minLength: 1, maxLength: 5 }).map((bytes) => new Uint8Array(bytes))
const change = fc.record({ key, present: fc.boolean() })
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
const END = new Uint8Array([255, 255, 255, 255, 255, 255])

test('is an ordered set of keys, and what was handed out stays as it was', () => {
  const batches = fc.array(fc.uniqueArray(change, { maxLength: 400, size: 'max', selector: ({ key: bytes }) => text(bytes) }), { maxLength: 8 })
  fc.assert(
    fc.property(batches, key, key, (all, from, to) => {
      const index = new KeyIndex()
      const expected = new Set<string>()
      const before: (readonly [() => string[], string[]])[] = []
      for (const batch of all) {
        index.apply(batch.map(({ key: bytes, present }) => ({ key: bytes, value: present ? bytes : undefined, replaces: present && expected.has(text(bytes)) })))
        for (const { key: bytes, present } of batch) expected[present ? 'add' : 'delete'](text(bytes))
        const sorted = index.snapshot()
        before.push([() => Array.from(sorted.range(new Uint8Array(), END), text), [...expected].sort()])
        const inRange = [...expected].filter((each) => each >= text(from) && each < text(to)).sort()
        expect(Array.from(index.current().range(from, to), text)).toEqual(inRange)
      }
      for (const [found, wanted] of before) expect(found()).toEqual(wanted)
    }),
    { numRuns: 200 },
  )
})

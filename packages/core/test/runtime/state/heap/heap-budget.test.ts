import { expect, test } from 'vitest'
import { heapStateBackend } from '../../../../src/runtime/state/heap/heap-state-backend.ts'
import { withBackends } from '../../../../src/testing/state-backend/backend-fixture.ts'
import { string } from '../../../../src/types/simple-types.ts'

test('state that outgrows its limit fails with what to do, before that it does not', async () => {
  await withBackends(
    () => heapStateBackend({ maxBytes: 10 * 1024 * 1024 }),
    async ({ open }) => {
      const backend = await open()
      const table = backend.table<string>({ name: 'values', kind: 'value', layout: 'key', valueType: string() })
      const fill = (): void => {
        for (let key = 0; key < 100_000; key++) table.put(key % 128, key, null, 'x'.repeat(500))
      }
      expect(fill).toThrow(expect.objectContaining({ code: 'STATE_TOO_LARGE', origin: 'user', message: expect.stringMatching(/limited to 10 MiB.*ttl.*maxBytes.*--max-old-space-size/) }))
      expect(backend.entryCount()).toBeGreaterThan(10_000)
      expect(backend.entryCount()).toBeLessThan(30_000)
      for (let key = 0; key < 100_000; key++) table.remove(key % 128, key, null)
      for (let key = 0; key < 5000; key++) table.put(key % 128, key, null, 'x')
      expect(backend.entryCount()).toBe(5000)
    },
  )
})

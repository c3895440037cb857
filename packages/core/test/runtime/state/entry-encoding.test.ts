import { expect, test } from 'vitest'
import { EntryReader, writeMapEntry, writeTimerEntry, writeValueEntry } from '../../../src/runtime/state/entry-encoding.ts'
import type { Namespace, StateKey } from '../../../src/spi/keyed-state-backend.ts'
import { createDataOutput } from '../../../src/types/byte-data-output.ts'
import { long } from '../../../src/types/number-types.ts'
import { string } from '../../../src/types/simple-types.ts'
import { toStateKey } from '../../../src/types/state-key.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const normalised = (key: StateKey): StateKey => (key === 0 ? 0 : key)

// Golden: docs/snapshot-format.md shows these bytes. A change of them needs a new format version.
test('entries have the documented bytes', () => {
  const output = createDataOutput()
  writeValueEntry(output, 0, 'ab', null, 5, long().serializer)
  expect(hex(output.view())).toBe('00' + '06000000' + '04026162' + '00' + '0a')
  output.reset()
  writeMapEntry(output, 1, true, 'w', 'x', -1, { userKey: string().serializer, value: long().serializer })
  expect(hex(output.view())).toBe('01' + '0c000000' + '01' + '01040177' + '02000000' + '0178' + '01')
  output.reset()
  writeTimerEntry(output, 2, -3, 'k', 1)
  expect(hex(output.view())).toBe('02' + '0e000000' + '05' + '04016b' + '0102000000000000f03f')
})

test('entries are read back, or passed over', () => {
  const keys: StateKey[] = ['', 'ключ', '\ud800', 1.5, -0, NaN, 7n, false, toStateKey(['a', 1, true])]
  const namespaces: Namespace[] = [null, 0, 60_000, -1.5, '', 'w']
  const output = createDataOutput()
  for (const key of keys) {
    for (const namespace of namespaces) {
      writeValueEntry(output, 3, key, namespace, 'value', string().serializer)
      writeMapEntry(output, 200, key, namespace, 'user key', 9, { userKey: string().serializer, value: long().serializer })
      writeTimerEntry(output, 0, 1234, key, namespace)
    }
  }
  const reader = new EntryReader()
  reader.wrap(output.view())
  for (const key of keys) {
    for (const namespace of namespaces) {
      expect([reader.next(), reader.state]).toEqual([true, 3])
      expect([reader.readKey(), reader.readNamespace(), string().serializer.read(reader.input), reader.atEnd()]).toEqual([normalised(key), namespace, 'value', true])
      expect([reader.next(), reader.state]).toEqual([true, 200])
      if (namespace !== null) {
        expect([reader.readKey(), reader.readNamespace()]).toEqual([normalised(key), namespace])
        reader.beginUserKey()
        expect([string().serializer.read(reader.input), long().serializer.read(reader.input)]).toEqual(['user key', 9])
      }
      expect([reader.next(), reader.state, reader.readTimestamp(), reader.readKey()]).toEqual([true, 0, 1234, normalised(key)])
    }
  }
  expect(reader.next()).toBe(false)
})

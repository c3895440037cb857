import { expect, test } from 'vitest'
import { writeEntryRemoval, writeMapEntryRemoval, writeMapRemoval, writeNamespaceRemoval, writeTimerRemoval, writeValueRemoval } from '../../../src/runtime/state/removal-encoding.ts'
import { createDataOutput } from '../../../src/types/byte-data-output.ts'
import type { DataOutput } from '../../../src/types/data-output.ts'
import { string } from '../../../src/types/simple-types.ts'

const hex = (write: (output: DataOutput) => void): string => {
  const output = createDataOutput(16)
  write(output)
  return Buffer.from(output.bytes()).toString('hex')
}
const bytes = (text: string): string => text.replaceAll(' ', '')

test('removals are written byte by byte as docs/snapshot-format.md says', () => {
  expect(hex((output) => writeValueRemoval(output, 0, 'ab', null))).toBe(bytes('00 06000000 00 04026162 00'))
  expect(hex((output) => writeNamespaceRemoval(output, 1, 'w'))).toBe(bytes('01 05000000 01 01040177'))
  expect(hex((output) => writeMapRemoval(output, 1, true, 'w'))).toBe(bytes('01 06000000 02 01 01040177'))
  expect(hex((output) => writeMapEntryRemoval(output, 1, true, null, 'x', string().serializer))).toBe(bytes('01 09000000 00 01 00 02000000 0178'))
  expect(hex((output) => writeTimerRemoval(output, 2, -3, 'k', 1))).toBe(bytes('02 0f000000 00 05 04016b 0102000000000000f03f'))
  expect(hex((output) => writeEntryRemoval(output, 0, (body) => body.writeString('any')))).toBe(bytes('00 05000000 00 03616e79'))
})

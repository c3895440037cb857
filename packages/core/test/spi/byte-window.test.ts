import { expect, test } from 'vitest'
import { ByteWindow } from '../../src/spi/byte-window.ts'

async function* chunks(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

test('holds what was not read yet, knows where it is, and joins chunks only up to a line break', async () => {
  const long = `${'b'.repeat(5000)}\n`
  const window = new ByteWindow(chunks('first\nhalf', '', ` and half\n${long}rest`), 100)
  await window.more()
  expect(window.bytes.toString()).toBe('first\nhalf')
  window.index = 6
  await window.more()
  expect([window.position, window.index, window.bytes.toString()]).toEqual([106, 0, `half and half\n${long}`])
  window.index = window.bytes.length
  await window.more()
  expect([window.position, window.bytes.toString()]).toEqual([106 + 14 + long.length, 'rest'])
  await window.more()
  expect([window.ended, window.bytes.toString()]).toEqual([true, 'rest'])
})

test('a measure translates what was read into offsets of the file', async () => {
  const window = new ByteWindow(chunks('abc', 'def'), 10, (_bytes, from, to) => (to - from) * 2)
  await window.more()
  window.index = 2
  expect(window.position).toBe(14)
  await window.more()
  window.index = 3
  expect(window.position).toBe(20)
})

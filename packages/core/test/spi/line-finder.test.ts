import { expect, test } from 'vitest'
import { LineFinder } from '../../src/spi/line-finder.ts'

async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

test.each(['utf-8', 'utf-16le', 'utf-16be'])('counts line breaks of all kinds in %s, whatever the chunks', async (encoding) => {
  const text = 'one\ntwo\r\nthree\rfour\n\nsix \u0a0d \u0d0a seven'
  const bytes = Buffer.from(text, encoding === 'utf-8' ? 'utf8' : 'utf16le')
  if (encoding === 'utf-16be') bytes.swap16()
  const offset = (letters: number): number => (encoding === 'utf-8' ? Buffer.byteLength(text.slice(0, letters)) : letters * 2)
  for (const size of [1, 2, 7, 64]) {
    const lines = new LineFinder(() => chunksOf(bytes, size), encoding)
    const found: (number | null)[] = []
    for (const word of ['one', 'two', 'three', 'four', 'six', 'seven']) found.push(await lines.lineAt(offset(text.indexOf(word))))
    expect(found).toEqual([1, 2, 3, 4, 6, 6])
    await lines.close()
  }
})

test('does not read half of a large file once more', async () => {
  const lines = new LineFinder(() => chunksOf(Buffer.alloc(0), 1))
  expect(await lines.lineAt(256 * 1024 * 1024 + 1)).toBeNull()
})

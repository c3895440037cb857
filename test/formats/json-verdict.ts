import { json, jsonLines } from '@millrace/format-json'
import { bytesInput, readAll } from './read-format.ts'

/** How JSON can come in. */
export const READINGS = ['document', 'message', 'line', 'elements'] as const

/** Whether a reading takes the bytes for one JSON value. A line or an element cannot be told what a line break in it means. */
export async function accepts(reading: (typeof READINGS)[number], bytes: Uint8Array, chunkBytes: number): Promise<boolean> {
  try {
    switch (reading) {
      case 'document': {
        // A path that leads to the whole: what the array has in it is checked as one value.
        const { bad } = await readAll(json(undefined, { largeIntegers: 'bigint' }).fileReader, bytesInput('x.json', bytes, chunkBytes))
        return bad.length === 0
      }
      case 'message':
        jsonLines(undefined, { largeIntegers: 'bigint' }).deserialization.open().deserialize(bytes, { collect: () => {} })
        return true
      case 'line': {
        const good = Buffer.from('{"a":1}\n')
        const { rows, bad } = await readAll(jsonLines(undefined, { largeIntegers: 'bigint' }).fileReader, bytesInput('x.jsonl', Buffer.concat([good, bytes, Buffer.from('\n'), good]), chunkBytes))
        return bad.length === 0 && rows.length === 3
      }
      case 'elements': {
        const inside = Buffer.concat([Buffer.from('{"x":{"y":[0,'), bytes, Buffer.from('\n,0]},"z":0}')])
        const { rows, bad } = await readAll(json(undefined, { path: ['x', 'y'], largeIntegers: 'bigint' }).fileReader, bytesInput('x.json', inside, chunkBytes))
        return bad.length === 0 && rows.length === 3
      }
    }
  } catch {
    return false
  }
}

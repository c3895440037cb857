import { json, jsonLines } from '@millrace/format-json'
import { bytesInput, readAll } from './read-format.ts'

/** How JSON can come in. */
export const READINGS = ['document', 'message', 'line', 'member', 'elements'] as const

const lines = jsonLines(undefined, { largeIntegers: 'bigint' })
const document = json(undefined, { largeIntegers: 'bigint' })
const elements = json(undefined, { path: ['x', 'y'], largeIntegers: 'bigint' })

/** More lines than are read together before their shape is taken for granted. */
const SHAPED_LINES = 130
/** A reader has code of its own for values of each kind, and meets the bytes where the lines before had such a one. */
const SHAPES = ['"text"', '12.5', 'true', '[1,[2]]', '[{"a":"b"},{"a":"c"}]', '{"a":"b"}']

/** Whether a reading takes the bytes for one JSON value. A line, a member or an element cannot be told what a line break in it means. */
export async function accepts(reading: (typeof READINGS)[number], bytes: Uint8Array, chunkBytes: number): Promise<boolean> {
  try {
    switch (reading) {
      case 'document': {
        // A path that leads to the whole: what the array has in it is checked as one value.
        const { bad } = await readAll(document.fileReader, bytesInput('x.json', bytes, chunkBytes))
        return bad.length === 0
      }
      case 'message':
        lines.deserialization.open().deserialize(bytes, { collect: () => {} })
        return true
      case 'line': {
        const good = Buffer.from('{"a":1}\n')
        const { rows, bad } = await readAll(lines.fileReader, bytesInput('x.jsonl', Buffer.concat([good, bytes, Buffer.from('\n'), good]), chunkBytes))
        return bad.length === 0 && rows.length === 3
      }
      case 'member': {
        const verdicts = new Set<boolean>()
        for (const shape of SHAPES) {
          const good = `{"first":1,"x":${shape},"last":{"y":null}}\n`
          const line = Buffer.concat([Buffer.from('{"first":1,"x":'), bytes, Buffer.from(',"last":{"y":null}}\n')])
          const { rows, bad } = await readAll(lines.fileReader, bytesInput('x.jsonl', Buffer.concat([Buffer.from(good.repeat(SHAPED_LINES)), line, Buffer.from(good)]), chunkBytes * 1000))
          verdicts.add(bad.length === 0 && rows.length === SHAPED_LINES + 2)
        }
        if (verdicts.size > 1) throw new RangeError('the verdict depends on the lines before')
        return verdicts.has(true)
      }
      case 'elements': {
        const inside = Buffer.concat([Buffer.from('{"x":{"y":[0,'), bytes, Buffer.from('\n,0]},"z":0}')])
        const { rows, bad } = await readAll(elements.fileReader, bytesInput('x.json', inside, chunkBytes))
        return bad.length === 0 && rows.length === 3
      }
    }
  } catch (error) {
    if (error instanceof RangeError) throw error
    return false
  }
}

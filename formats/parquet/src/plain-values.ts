import { ShortStringCache, latin1Slice, utf8Slice } from '@millrace/core/spi'
import type { SchemaElement } from 'hyparquet'
import { text } from './value-parser.ts'
import type { ValueParser } from './value-parser.ts'

/** The values of a page without its nulls. */
export interface PageValues {
  /** The next `count` values. Of use until the next call. Throws where there are fewer. */
  take(count: number): ArrayLike<unknown>
  /** Whether what was taken last is known to be without INVALIDs. */
  readonly sound: boolean
}

/** How stored values become values of the type. */
export interface Parsing {
  readonly parse: ValueParser | 'as-is'
  /** Integers of 64 bits that a number holds are values as they are, and only others are left to `parse`. */
  readonly safeIntegers: boolean
}

const MAX_SHORT_BYTES = 12

/** The encoding PLAIN; undefined where hyparquet must decode it. */
export function plainValues(bytes: Uint8Array, { type, type_length: width = 0, logical_type: logical }: SchemaElement, parsing: Parsing): PageValues | undefined {
  const { parse } = parsing
  switch (type) {
    case 'DOUBLE':
      return parse === 'as-is' ? viewValues(new Float64Array(aligned(bytes, 8))) : undefined
    case 'FLOAT':
      return parse === 'as-is' ? viewValues(new Float32Array(aligned(bytes, 4))) : undefined
    case 'INT32': {
      const stored = viewValues(new Int32Array(aligned(bytes, 4)))
      return parse === 'as-is' ? stored : parsedValues(stored, parse)
    }
    case 'INT64':
      return longValues(bytes, parsing)
    case 'BOOLEAN':
      return parse === 'as-is' ? booleanValues(bytes) : undefined
    case 'BYTE_ARRAY':
      return parse === text ? textValues(bytes) : byteArrays(bytes, parse, undefined)
    case 'FIXED_LEN_BYTE_ARRAY':
      return logical?.type === 'FLOAT16' || width === 0 ? undefined : byteArrays(bytes, parse, width)
    default:
      return undefined
  }
}

/** In a buffer of their own, as typed arrays do not begin anywhere; without what is no whole value of `size` bytes. */
function aligned(bytes: Uint8Array, size: number): ArrayBuffer {
  return new Uint8Array(bytes.subarray(0, bytes.length - (bytes.length % size))).buffer
}

/** Numbers as they are stored. */
function viewValues(stored: Float64Array | Float32Array | Int32Array): PageValues {
  let at = 0
  return { sound: true, take: (count) => stored.subarray(at, checkedEnd((at += count), stored.length)) }
}

function checkedEnd(end: number, length: number): number {
  if (end > length) throw new Error(`expected at least ${end} values in a page, found ${length}`)
  return end
}

function parsedValues(stored: PageValues, parse: ValueParser): PageValues {
  return { sound: false, take: (count) => Array.from(stored.take(count), parse as (each: unknown) => unknown) }
}

/** By their halves: making a bigint of each costs several times as much. */
function longValues(bytes: Uint8Array, { parse, safeIntegers }: Parsing): PageValues {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const convert = (parse === 'as-is' ? (stored: bigint) => stored : parse) as (stored: number | bigint) => unknown
  const values: unknown[] = []
  let at = 0
  let isSound = true
  return {
    get sound() {
      return isSound
    },
    take(wanted) {
      isSound = true
      checkedEnd(at / 8 + wanted, Math.floor(bytes.length / 8))
      for (let index = 0; index < wanted; index++, at += 8) {
        const high = view.getInt32(at + 4, true)
        const low = view.getUint32(at, true)
        if (safeIntegers && high < 0x200000 && (high > -0x200000 || (high === -0x200000 && low > 0))) values[index] = high * 0x100000000 + low
        else {
          values[index] = convert(view.getBigInt64(at, true))
          isSound = false
        }
      }
      return values
    },
  }
}

function booleanValues(bytes: Uint8Array): PageValues {
  const values: boolean[] = []
  let at = 0
  return {
    sound: true,
    take(wanted) {
      checkedEnd(at + wanted, bytes.length * 8)
      for (let index = 0; index < wanted; index++, at++) values[index] = (((bytes[at >>> 3] as number) >>> (at & 7)) & 1) === 1
      return values
    },
  }
}

/** Short texts are cut from the page as Latin-1: V8 copies up to 12 letters, while a longer part would keep all of the page in memory. */
function textValues(page: Uint8Array): PageValues {
  const bytes = Buffer.from(page.buffer, page.byteOffset, page.byteLength)
  const letters = latin1Slice(bytes, 0, bytes.length)
  const cache = new ShortStringCache()
  const values: string[] = []
  const short = (start: number, end: number): string => {
    const isSearched = cache.useful
    const known = isSearched ? cache.find(bytes, start, end) : undefined
    if (known !== undefined) return known
    let bits = 0
    for (let index = start; index < end; index++) bits |= bytes[index] as number
    const found = bits > 0x7f ? utf8Slice(bytes, start, end) : letters.substring(start, end)
    return isSearched ? cache.keep(found, bytes, start, end) : found
  }
  let at = 0
  return {
    sound: true,
    take(count) {
      for (let index = 0; index < count; index++) {
        const start = at + 4
        const end = lengthEnd(bytes, at)
        values[index] = end - start <= MAX_SHORT_BYTES ? short(start, end) : utf8Slice(bytes, start, end)
        at = end
      }
      return values
    },
  }
}

function byteArrays(page: Uint8Array, parse: ValueParser | 'as-is', width: number | undefined): PageValues {
  const convert = (parse === 'as-is' ? (stored: Uint8Array) => stored : parse) as (stored: Uint8Array) => unknown
  const values: unknown[] = []
  let at = 0
  return {
    sound: false,
    take(count) {
      for (let index = 0; index < count; index++) {
        const start = width === undefined ? at + 4 : at
        const end = width === undefined ? lengthEnd(page, at) : checkedEnd(at + width, page.length)
        values[index] = convert(page.subarray(start, end))
        at = end
      }
      return values
    },
  }
}

/** The end of the byte array whose length is at `at`. */
function lengthEnd(bytes: Uint8Array, at: number): number {
  if (at + 4 > bytes.length) throw new Error('expected more byte arrays, found the end of the page')
  const length = ((bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)) >>> 0
  if (length > bytes.length - at - 4) throw new Error(`expected a byte array of at most ${bytes.length - at - 4} bytes, found ${length}`)
  return at + 4 + length
}

/**
 * Some keys in order: the first as its length and its bytes, every other as what it shares with the one before, how many
 * bytes follow, and those; lengths as varuints. Neighbours share table, key group and often more.
 */
export type KeyPage = Uint8Array

export interface KeyChange {
  readonly key: Uint8Array
  /** Added, or else removed; it may be so already. */
  readonly present: boolean
}

/** Keys of a page when it is written; beyond twice as many it is split. */
const PAGE_KEYS = 32

const reader = { page: new Uint8Array() as KeyPage, at: 0 }

export function firstKey(page: KeyPage): Uint8Array {
  reader.at = 0
  reader.page = page
  const length = readVarUint()
  return page.subarray(reader.at, reader.at + length)
}

export function* pageKeys(page: KeyPage): Generator<Uint8Array> {
  let key = firstKey(page).slice()
  let at = reader.at + key.length
  yield key
  while (at < page.length) {
    reader.at = at
    reader.page = page
    const shared = readVarUint()
    const rest = readVarUint()
    const next = new Uint8Array(shared + rest)
    next.set(key.subarray(0, shared))
    next.set(page.subarray(reader.at, reader.at + rest), shared)
    at = reader.at + rest
    key = next
    yield key
  }
}

/** The page with changes (ascending), as no, one or several pages. */
export function editPage(page: KeyPage | undefined, changes: readonly KeyChange[]): KeyPage[] {
  const keys: Uint8Array[] = []
  let at = 0
  for (const key of page === undefined ? [] : pageKeys(page)) {
    let order = 1
    for (let change = changes[at]; change !== undefined; change = changes[at]) {
      order = Buffer.compare(change.key, key)
      if (order > 0) break
      if (change.present) keys.push(change.key)
      at++
      if (order === 0) break
    }
    if (order !== 0) keys.push(key)
  }
  for (let change = changes[at]; change !== undefined; change = changes[++at]) if (change.present) keys.push(change.key)
  const pageCount = keys.length <= 2 * PAGE_KEYS ? Math.min(1, keys.length) : Math.ceil(keys.length / PAGE_KEYS)
  return Array.from({ length: pageCount }, (_, index) => encode(keys, Math.floor((keys.length * index) / pageCount), Math.floor((keys.length * (index + 1)) / pageCount)))
}

/** Bytes of two varuints below 2^28. */
const MAX_LENGTHS = 8
let scratch = new Uint8Array(4096)

function encode(keys: readonly Uint8Array[], start: number, end: number): KeyPage {
  let at = 0
  let previous: Uint8Array | undefined
  for (let index = start; index < end; index++) {
    const key = keys[index] as Uint8Array
    if (at + key.length + MAX_LENGTHS > scratch.length) scratch = grown(scratch, at + key.length + MAX_LENGTHS)
    let shared = 0
    if (previous !== undefined) {
      while (shared < previous.length && shared < key.length && previous[shared] === key[shared]) shared++
      at = writeVarUint(shared, at)
    }
    at = writeVarUint(key.length - shared, at)
    for (let from = shared; from < key.length; from++) scratch[at++] = key[from] as number
    previous = key
  }
  return scratch.slice(0, at)
}

function grown(bytes: Uint8Array, needed: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(2 * needed)
  larger.set(bytes)
  return larger
}

function writeVarUint(value: number, start: number): number {
  let at = start
  let rest = value
  for (; rest > 0x7f; rest >>>= 7) scratch[at++] = (rest & 0x7f) | 0x80
  scratch[at++] = rest
  return at
}

function readVarUint(): number {
  let value = 0
  for (let shift = 0; ; shift += 7) {
    const byte = reader.page[reader.at++] as number
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return value
  }
}

const MAX_VISITED = 256
const MAX_SAMPLED = 16
const SLOT = 8
const OBJECT = 24

let visitsLeft = 0

/**
 * Roughly how many bytes of heap a value holds, cheap enough for every record: long collections count by their first
 * 16 elements, and after 256 objects the rest count as empty. Only for bounding buffers; never for anything exact.
 */
export function estimateBytes(value: unknown): number {
  visitsLeft = MAX_VISITED
  return estimate(value)
}

function estimate(value: unknown): number {
  if (typeof value === 'string') return OBJECT + value.length
  if (typeof value !== 'object' || value === null) return SLOT
  if (--visitsLeft < 0) return OBJECT
  if (Array.isArray(value)) return OBJECT + estimateAll(value, value.length)
  if (ArrayBuffer.isView(value)) return OBJECT + value.byteLength
  if (value instanceof Map) return OBJECT + estimateAll(value.keys(), value.size) + estimateAll(value.values(), value.size)
  if (value instanceof Set) return OBJECT + estimateAll(value, value.size)
  let bytes = OBJECT
  for (const name in value) bytes += estimate((value as Readonly<Record<string, unknown>>)[name])
  return bytes
}

function estimateAll(values: Iterable<unknown>, count: number): number {
  if (count === 0) return 0
  let sampled = 0
  let bytes = 0
  for (const value of values) {
    if (sampled === MAX_SAMPLED) break
    sampled++
    bytes += estimate(value)
  }
  return Math.ceil((bytes / sampled) * count)
}

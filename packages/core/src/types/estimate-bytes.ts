const MAX_DEPTH = 4
const MAX_SAMPLED = 16
const SLOT = 8
const OBJECT = 24

/**
 * Roughly how many bytes of heap a value holds, cheap enough for every record: four levels deep, and long collections
 * by their first 16 elements. Only for bounding buffers; never for anything that must be exact.
 */
export function estimateBytes(value: unknown): number {
  return estimate(value, MAX_DEPTH)
}

function estimate(value: unknown, depth: number): number {
  if (typeof value === 'string') return OBJECT + value.length
  if (typeof value !== 'object' || value === null) return SLOT
  if (Array.isArray(value)) return OBJECT + estimateAll(value, value.length, depth)
  if (ArrayBuffer.isView(value)) return OBJECT + value.byteLength
  if (value instanceof Map) return OBJECT + estimateAll(value.values(), value.size, depth) + estimateAll(value.keys(), value.size, depth)
  if (value instanceof Set) return OBJECT + estimateAll(value, value.size, depth)
  let bytes = OBJECT
  if (depth > 0) for (const name in value) bytes += estimate((value as Readonly<Record<string, unknown>>)[name], depth - 1)
  return bytes
}

function estimateAll(values: Iterable<unknown>, count: number, depth: number): number {
  if (depth === 0 || count === 0) return count * SLOT
  let sampled = 0
  let bytes = 0
  for (const value of values) {
    if (sampled === MAX_SAMPLED) break
    sampled++
    bytes += estimate(value, depth - 1)
  }
  return Math.ceil((bytes / sampled) * count)
}

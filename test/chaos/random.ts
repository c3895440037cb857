/** 32 well-mixed bits of a seed and two numbers: the finalizer of splitmix32, applied to each in turn. */
export function mix(seed: number, a: number, b = 0): number {
  return finish(finish(finish(seed) + a) + b)
}

function finish(value: number): number {
  let hash = (value + 0x9e3779b9) | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad)
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97)
  return (hash ^ (hash >>> 15)) >>> 0
}

/** Returns [0, 1), always the same sequence for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = 0
  return () => mix(seed, state++) / 2 ** 32
}

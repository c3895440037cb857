import type { Outcome } from '../rate-case.ts'

/** Where the values of records end. */
export interface ValueTally {
  take(value: Uint8Array): void
  readonly rows: number
  outcome(): Outcome
}

/** `check`: hashes whole values, independent of their order. Otherwise reads one byte of each. */
export function valueTally(check: boolean): ValueTally {
  let rows = 0
  let digest = 0
  return {
    take(value) {
      rows++
      digest = check ? (digest + hash(value)) % Number.MAX_SAFE_INTEGER : digest + (value[0] ?? 0) + value.length
    },
    get rows() {
      return rows
    },
    outcome: () => ({ rows, digest }),
  }
}

function hash(bytes: Uint8Array): number {
  let sum = 0x811c9dc5
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193)
  return sum >>> 0
}

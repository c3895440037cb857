import type { Outcome } from '../rate-case.ts'

/** A count of one key: since the start, or in the window that starts at `start`. */
export interface CountRow {
  readonly key: string
  readonly start: number
  readonly count: number
}

/** Where rows end. Keeps the last one, so that no row can be optimised away. */
export interface RowTally {
  take(row: CountRow): void
  outcome(): Outcome
}

let last: CountRow | undefined

/** `check`: hashes whole rows, independent of their order. Otherwise sums the counts, so that the tally costs next to nothing. */
export function rowTally(check: boolean): RowTally {
  let rows = 0
  let digest = 0
  const take = check
    ? (row: CountRow): void => {
        rows++
        digest = (digest + hashRow(row)) % Number.MAX_SAFE_INTEGER
      }
    : (row: CountRow): void => {
        rows++
        digest += row.count
        last = row
      }
  return { take, outcome: () => ({ rows, digest: last === undefined || check || last.count > 0 ? digest : -1 }) }
}

function hashRow({ key, start, count }: CountRow): number {
  let hash = 0x811c9dc5
  for (const character of `${key} ${start} ${count}`) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193)
  return hash >>> 0
}

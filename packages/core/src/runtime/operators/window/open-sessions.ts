import { list } from '../../../types/collection-types.ts'
import { long } from '../../../types/number-types.ts'
import { row } from '../../../types/row-type.ts'
import type { AnyType, TypeInformation } from '../../../types/type-information.ts'
import type { WindowContents } from './window-contents.ts'

/** A session of one key that is not over: [start, end) in epoch ms. Changed in place by the operator that owns it. */
export interface Session {
  start: number
  end: number
  contents: unknown
}

/** Of the open sessions of a key. */
export function sessionsType(contents: AnyType): TypeInformation<Session[]> {
  return list(row({ start: long(), end: long(), contents })) as unknown as TypeInformation<Session[]>
}

/** Finds the session that a new one is part of. One object for all records: what it found is in its fields. */
export class SessionJoin {
  /** What the new session became part of. */
  session: Session | undefined = undefined
  /** The latest end of what it touched, before it did. */
  endBefore: number = -Infinity
  readonly #contents: WindowContents

  constructor(contents: WindowContents) {
    this.#contents = contents
  }

  /**
   * Enlarges the session that [start, end) overlaps or touches; those that this joins become one, with the contents of the
   * first. Open sessions never touch each other. False, and nothing changed, if it stands alone.
   */
  join(open: Session[], start: number, end: number): boolean {
    this.session = undefined
    this.endBefore = -Infinity
    let absorbed = false
    for (let index = 0; index < open.length; index++) {
      const each = open[index] as Session
      if (each.start > end || each.end < start) continue
      if (each.end > this.endBefore) this.endBefore = each.end
      if (this.session === undefined) {
        this.session = each
        continue
      }
      this.#absorb(this.session, each)
      open.splice(index--, 1)
      absorbed = true
    }
    const { session } = this
    if (session === undefined) return false
    const grows = absorbed || start < session.start || end > session.end
    if (start < session.start) session.start = start
    if (end > session.end) session.end = end
    // what grew last merges last, as in MergingWindowSet: a reduce function may tell the order
    if (grows && open[open.length - 1] !== session) open.push(...open.splice(open.indexOf(session), 1))
    return true
  }

  #absorb(session: Session, other: Session): void {
    session.contents = this.#contents.merge?.(session.contents, other.contents)
    session.start = Math.min(session.start, other.start)
    session.end = Math.max(session.end, other.end)
  }
}

import type { KeyedEvent } from '../engine/keyed-events.ts'
import { KeyedEvents, OUT_OF_ORDER_MS } from '../engine/keyed-events.ts'
import { rowTally } from '../engine/row-tally.ts'
import type { Variant } from '../rate-case.ts'
import { intervalJoin } from './cases.ts'

const REACH_MS = 1_000

interface Sides {
  left: KeyedEvent[]
  right: KeyedEvent[]
}

/** Two arrays per key, each looked through for every record of the other side; what is out of reach is dropped on the way. */
export function intervalJoinLoop(): Variant {
  const events = new KeyedEvents(intervalJoin.records)
  return {
    run(records, check) {
      const tally = rowTally(check)
      const sides = new Map<string, Sides>()
      let newest = -Infinity
      for (let index = 0; index < records; index++) {
        const event = events.read(index)
        const { key, timestamp } = event
        if (timestamp > newest) newest = timestamp
        let both = sides.get(key)
        if (both === undefined) sides.set(key, (both = { left: [], right: [] }))
        const isLeft = index % 2 === 0
        const others = isLeft ? both.right : both.left
        const oldest = newest - OUT_OF_ORDER_MS - REACH_MS
        let kept = 0
        for (const other of others) {
          if (other.timestamp < oldest) continue
          others[kept++] = other
          if (Math.abs(other.timestamp - timestamp) > REACH_MS) continue
          tally.take(isLeft ? { key, start: timestamp, count: other.amount } : { key, start: other.timestamp, count: event.amount })
        }
        others.length = kept
        ;(isLeft ? both.left : both.right).push(event)
      }
      return tally.outcome()
    },
  }
}

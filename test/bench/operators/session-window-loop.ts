import { KeyedEvents, OUT_OF_ORDER_MS } from '../engine/keyed-events.ts'
import { rowTally } from '../engine/row-tally.ts'
import { WATERMARK_EVERY } from '../engine/tumbling-count.ts'
import type { Variant } from '../rate-case.ts'
import { sessionWindow } from './cases.ts'

const GAP_MS = 1_000
const BUCKET_MS = 100

interface Session {
  readonly key: string
  start: number
  end: number
  count: number
  merged: boolean
}

/**
 * The open sessions of each key, of which there are seldom two, and every session in a bucket by the end it had when it was put
 * there: a bucket that is due closes its sessions, or moves those that have grown.
 */
export function sessionWindowLoop(): Variant {
  const events = new KeyedEvents(sessionWindow.records)
  return {
    run(records, check) {
      const tally = rowTally(check)
      const open = new Map<string, Session[]>()
      const buckets = new Map<number, Session[]>()
      let newest = -Infinity
      let firstBucket = Infinity
      const schedule = (session: Session): void => {
        const at = Math.ceil(session.end / BUCKET_MS)
        const bucket = buckets.get(at)
        if (bucket === undefined) buckets.set(at, [session])
        else bucket.push(session)
        if (at < firstBucket) firstBucket = at
      }
      const fire = (watermark: number): void => {
        for (; firstBucket * BUCKET_MS - 1 <= watermark && buckets.size > 0; firstBucket++) {
          const due = buckets.get(firstBucket) ?? []
          buckets.delete(firstBucket)
          for (const session of due) {
            if (session.merged) continue
            if (session.end > firstBucket * BUCKET_MS) {
              schedule(session)
              continue
            }
            const { key, start, count } = session
            tally.take({ key, start, count })
            const sessions = open.get(key) as Session[]
            if (sessions.length === 1) open.delete(key)
            else sessions.splice(sessions.indexOf(session), 1)
          }
        }
      }
      for (let index = 0; index < records; index++) {
        const { key, timestamp } = events.read(index)
        if (timestamp > newest) newest = timestamp
        let sessions = open.get(key)
        if (sessions === undefined) open.set(key, (sessions = []))
        let into: Session | undefined
        for (let at = 0; at < sessions.length; at++) {
          const session = sessions[at] as Session
          if (session.start > timestamp + GAP_MS || session.end < timestamp) continue
          if (into === undefined) {
            into = session
            into.count++
            if (timestamp < into.start) into.start = timestamp
            if (timestamp + GAP_MS > into.end) into.end = timestamp + GAP_MS
          } else {
            into.count += session.count
            into.start = Math.min(into.start, session.start)
            into.end = Math.max(into.end, session.end)
            session.merged = true
            sessions.splice(at--, 1)
          }
        }
        if (into === undefined) {
          const session = { key, start: timestamp, end: timestamp + GAP_MS, count: 1, merged: false }
          sessions.push(session)
          schedule(session)
        }
        if ((index + 1) % WATERMARK_EVERY === 0) fire(newest - OUT_OF_ORDER_MS - 1)
      }
      fire(newest + 2 * GAP_MS)
      return tally.outcome()
    },
  }
}

import { setImmediate as nextTurn, setTimeout as realDelay } from 'node:timers/promises'
import { MillraceError } from '../errors.ts'
import type { TestClock } from './test-clock.ts'

interface Scheduled {
  readonly atMs: number
  readonly order: number
  readonly action: () => void
}

/** Turns without an action of the clock's owner after which nothing is expected to happen: more than any chain of promises between two of them. */
const QUIET_TURNS = 8
const DEFAULT_LIMIT_MS = 15 * 60_000
/** Real time given to I/O that cannot be seen from here. */
const PATIENCE_MS = 1_000
const CAREFUL_MS = 50

/** Time that stands still until a test moves it. Promises, file I/O and `immediate` work go on as ever. */
export function createVirtualClock(startMs = 0): TestClock {
  let nowMs = startMs
  let order = 0
  let immediates = 0
  let activity = 0
  const scheduled = new Set<Scheduled>()

  const earliest = (): Scheduled | undefined => {
    let first: Scheduled | undefined
    for (const entry of scheduled) if (first === undefined || entry.atMs < first.atMs || (entry.atMs === first.atMs && entry.order < first.order)) first = entry
    return first
  }
  /** Fires everything due at `atMs`, in order of scheduling; what that schedules for the same time waits for the next call. */
  const fireAt = (atMs: number): void => {
    nowMs = Math.max(nowMs, atMs)
    const due = [...scheduled].filter((entry) => entry.atMs <= atMs).sort((a, b) => a.atMs - b.atMs || a.order - b.order)
    for (const entry of due) {
      // An action fired before may have taken this one back.
      if (!scheduled.delete(entry)) continue
      activity++
      entry.action()
    }
  }
  /** One turn of the event loop; true if something happened in it, or I/O is under way. */
  const turn = async (): Promise<boolean> => {
    const before = activity
    await nextTurn()
    return activity !== before || immediates > 0 || isIoPending()
  }
  const settle = async (): Promise<void> => {
    for (let quiet = 0; quiet < QUIET_TURNS; ) quiet = (await turn()) ? 0 : quiet + 1
  }

  return {
    now: () => nowMs,
    schedule(delayMs, action) {
      const entry = { atMs: nowMs + Math.max(0, delayMs), order: order++, action }
      scheduled.add(entry)
      return () => void scheduled.delete(entry)
    },
    immediate(action) {
      immediates++
      setImmediate(() => {
        immediates--
        activity++
        action()
      })
    },
    settle,
    async advance(ms) {
      const targetMs = nowMs + ms
      await settle()
      for (let next = earliest(); next !== undefined && next.atMs <= targetMs; next = earliest()) {
        fireAt(next.atMs)
        await settle()
      }
      nowMs = Math.max(nowMs, targetMs)
    },
    async runUntil(work, { limitMs = DEFAULT_LIMIT_MS, turnMs = 0, careful = () => false } = {}) {
      let ended = false
      const end = (): void => {
        ended = true
      }
      work.then(end, end)
      const deadlineMs = nowMs + limitMs
      let patienceMs = PATIENCE_MS
      for (let quiet = 0; !ended; ) {
        const beforeTurn = activity
        const happened = await turn()
        // Not for turns that only wait for I/O: how many there are is chance.
        if (activity !== beforeTurn && turnMs > 0) fireAt(nowMs + turnMs)
        quiet = happened ? 0 : quiet + 1
        if (quiet < QUIET_TURNS || ended) continue
        quiet = 0
        if (careful()) {
          const before = activity
          await realDelay(CAREFUL_MS)
          if (activity !== before || ended) continue
        }
        const next = earliest()
        if (next !== undefined && next.atMs <= deadlineMs) {
          fireAt(next.atMs)
        } else if (patienceMs > 0) {
          await realDelay(10)
          patienceMs -= 10
        } else {
          const reason = next === undefined ? 'nothing is scheduled and nothing happens' : `${limitMs} ms of virtual time have passed`
          throw new MillraceError('CORE_TEST_STUCK', `Expected the work to end, found that ${reason}. Does a script lack its "end", or wait for a checkpoint that is never taken?`, { origin: 'user' })
        }
      }
      return work
    },
  }
}

/** Requests that have not been answered, by Node's names of their kinds; open files, sockets and timers are not among them. */
const REQUESTS: ReadonlySet<string> = new Set(['FSReqCallback', 'FSReqPromise', 'CloseReq', 'WriteWrap', 'ShutdownWrap', 'TCPConnectWrap', 'PipeConnectWrap', 'GetAddrInfoReqWrap'])

function isIoPending(): boolean {
  return process.getActiveResourcesInfo().some((resource) => REQUESTS.has(resource))
}

import { atLeast } from '../bench-line.ts'
import type { RateCase } from '../rate-case.ts'

/** Two streams of 10 k keys, joined where they are at most a second apart; about one pair for each record of the left one. */
export const intervalJoin: RateCase = {
  kind: 'rate',
  name: 'operators/interval-join',
  records: 1_000_000,
  fewerRecords: 200_000,
  variants: {
    ours: async () => (await import('./interval-join-engine.ts')).intervalJoinEngine(),
    'hand-written': async () => (await import('./interval-join-loop.ts')).intervalJoinLoop(),
  },
  baselines: { 'hand-written': atLeast(0.3) },
}

/** Counts per key and session with a gap of a second, 10 k keys: two or three records each. */
export const sessionWindow: RateCase = {
  kind: 'rate',
  name: 'operators/session-window',
  records: 1_000_000,
  fewerRecords: 200_000,
  variants: {
    ours: async () => (await import('./session-window-engine.ts')).sessionWindowEngine(),
    'hand-written': async () => (await import('./session-window-loop.ts')).sessionWindowLoop(),
  },
  baselines: { 'hand-written': atLeast(0.3) },
}

/** A request for each record, a hundred at a time, results in order; answers come by the next turn of the event loop. */
export const asyncIo: RateCase = {
  kind: 'rate',
  name: 'operators/async-io',
  records: 500_000,
  fewerRecords: 50_000,
  variants: {
    ours: async () => (await import('./async-io-engine.ts')).asyncIoEngine(),
    'hand-written': async () => (await import('./async-io-loop.ts')).asyncIoLoop(),
  },
  baselines: { 'hand-written': atLeast(0.3) },
}

/** The three greatest amounts per key in 10 s windows, 10 k keys. */
export const topN: RateCase = {
  kind: 'rate',
  name: 'operators/top-n',
  records: 1_000_000,
  fewerRecords: 200_000,
  variants: {
    ours: async () => (await import('./top-n-engine.ts')).topNEngine(),
    'hand-written': async () => (await import('./top-n-loop.ts')).topNLoop(),
  },
  baselines: { 'hand-written': atLeast(0.3) },
}

export const operatorCases: readonly RateCase[] = [intervalJoin, sessionWindow, asyncIo, topN]

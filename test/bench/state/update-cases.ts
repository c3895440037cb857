import type { StateBackend } from '@millrace/core/spi'
import { atLeast } from '../bench-line.ts'
import type { RateCase, Variant } from '../rate-case.ts'
import type { Pattern } from './keyed-updates.ts'

/** What 100,000 entries take in the cache by its own estimate. */
const CACHE_OF_TENTH = 34_000_000
const HOT_KEYS = 50_000

type Patterns = Readonly<Record<'uniform' | 'skewed', (keys: number) => Pattern>>
type LevelDbVariants = Record<'ours' | 'raw LevelDB', () => Promise<Variant>>

function levelDbVariants(records: number, patternOf: (patterns: Patterns) => (keys: number) => Pattern): LevelDbVariants {
  return {
    ours: async () => {
      const [patterns, { tableUpdates }, { leveldbStateBackend }] = await Promise.all([import('./keyed-updates.ts'), import('./table-updates.ts'), import('@millrace/statebackend-leveldb')])
      const updates = new patterns.KeyedUpdates(patterns.KEYS, records, patternOf(patterns)(patterns.KEYS))
      return tableUpdates(leveldbStateBackend({ cacheBytes: CACHE_OF_TENTH }), updates, patterns.KEYS)
    },
    'raw LevelDB': async () => {
      const [patterns, { rawLevelDbUpdates }] = await Promise.all([import('./keyed-updates.ts'), import('./raw-leveldb-updates.ts')])
      return rawLevelDbUpdates(new patterns.KeyedUpdates(patterns.KEYS, records, patternOf(patterns)(patterns.KEYS)), patterns.KEYS)
    },
  }
}

/** One of a million keys at random, a tenth of them in the cache. */
export const leveldbRandomUpdate: RateCase = {
  kind: 'rate',
  name: 'state/leveldb-random-update',
  records: 500_000,
  fewerRecords: 50_000,
  variants: levelDbVariants(500_000, ({ uniform }) => uniform),
  baselines: { 'raw LevelDB': atLeast(0.8) },
}

/** 80 % of the updates to 5 % of the keys, which the cache has room for. */
export const leveldbSkewedUpdate: RateCase = {
  kind: 'rate',
  name: 'state/leveldb-skewed-update',
  records: 1_000_000,
  fewerRecords: 50_000,
  variants: levelDbVariants(1_000_000, ({ skewed }) => skewed),
  baselines: { 'raw LevelDB': undefined },
  against: { rateCase: leveldbRandomUpdate, target: atLeast(3) },
}

const onHotKeys = async (open: (options: { readonly cacheBytes: number }) => Promise<StateBackend>): Promise<Variant> => {
  const [{ KeyedUpdates, uniform }, { tableUpdates }] = await Promise.all([import('./keyed-updates.ts'), import('./table-updates.ts')])
  const backend = await open({ cacheBytes: CACHE_OF_TENTH })
  return tableUpdates(backend, new KeyedUpdates(HOT_KEYS, leveldbHotSet.records, uniform(HOT_KEYS)), HOT_KEYS)
}

/** All keys fit into the cache. */
export const leveldbHotSet: RateCase = {
  kind: 'rate',
  name: 'state/leveldb-hot-set',
  records: 5_000_000,
  fewerRecords: 100_000,
  variants: {
    ours: () => onHotKeys(async (options) => (await import('@millrace/statebackend-leveldb')).leveldbStateBackend(options)),
    heap: () => onHotKeys(async () => (await import('@millrace/core')).heapStateBackend()),
  },
  baselines: { heap: atLeast(0.5) },
}

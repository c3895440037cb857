import { atLeast } from '../bench-line.ts'
import type { RateCase } from '../rate-case.ts'

/** source → map → filter → map → sink: three objects per record, a tenth of them filtered out. */
export const statelessChain: RateCase = {
  kind: 'rate',
  name: 'engine/stateless-chain',
  records: 20_000_000,
  fewerRecords: 500_000,
  variants: {
    ours: async () => (await import('./stateless-chain-engine.ts')).statelessChainEngine(),
    'hand-written': async () => (await import('./stateless-chain-loop.ts')).statelessChainLoop(),
  },
  baselines: { 'hand-written': atLeast(0.4) },
}

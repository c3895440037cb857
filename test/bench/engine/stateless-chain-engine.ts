import type { Variant } from '../rate-case.ts'
import type { Converted, Graded, Measurement } from './measurements.ts'
import { GradeTally } from './measurements.ts'
import type { EmitRange } from './run-job.ts'
import { functionSink, indexedSource, runJob } from './run-job.ts'

const OTHER_CHAINS = 20
const OTHER_RECORDS = 50_000

type AnyRecord = Readonly<Record<string, number>>

export function statelessChainEngine(): Variant {
  return {
    async prepare() {
      for (let chain = 0; chain < OTHER_CHAINS; chain++) await runOtherChain(chain)
    },
    async run(records) {
      const tally = new GradeTally()
      await runJob('stateless-chain', (env) => {
        const source = indexedSource<Measurement>(records, (output, from, to) => {
          for (let id = from; id < to; id++) output.collect({ id, celsius: id % 100 })
        })
        env
          .fromSource(source)
          .map((measured): Converted => ({ id: measured.id, fahrenheit: measured.celsius * 1.8 + 32 }))
          .filter((converted) => converted.fahrenheit >= 50)
          .map((converted): Graded => ({ id: converted.id, grade: converted.fahrenheit - 50 }))
          .sinkTo(functionSink((graded) => tally.take(graded)))
      })
      return tally.outcome()
    },
  }
}

/**
 * A process seldom hosts one chain only. Each of these has functions and record shapes of its own, from source texts of
 * their own, so that what V8 learnt of the engine's code does not fit the measured chain alone.
 */
async function runOtherChain(chain: number): Promise<void> {
  const emit = new Function('output', 'from', 'to', `for (let id = from; id < to; id++) output.collect({ id, field${chain}: id % ${chain + 7} })`) as EmitRange<AnyRecord>
  const first = new Function('record', `return { id: record.id, twice${chain}: record.field${chain} * 2 }`) as (record: AnyRecord) => AnyRecord
  const keep = new Function('record', `return record.twice${chain} !== ${chain}`) as (record: AnyRecord) => boolean
  const second = new Function('record', `return { id: record.id, result${chain}: record.twice${chain} + ${chain} }`) as (record: AnyRecord) => AnyRecord
  let records = 0
  await runJob(`other-${chain}`, (env) => {
    env
      .fromSource(indexedSource(OTHER_RECORDS, emit))
      .map(first)
      .filter(keep)
      .map(second)
      .sinkTo(functionSink((record) => (records += Object.keys(record).length > 0 ? 1 : 0)))
  })
  if (records === 0) throw new Error('a chain that ran before the measured one gave nothing')
}

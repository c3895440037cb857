import { compare, type Comparison, type Target } from '../bench-line.ts'
import type { MeasureCase } from '../measure-case.ts'
import type { RateCase } from '../rate-case.ts'
import { work } from '../run-rate-case.ts'
import { kafkaEndToEnd } from './end-to-end.ts'
import { kafkaRead } from './read.ts'
import type { ToolRate } from './run-perf-tool.ts'
import { kafkaWrite } from './write.ts'

const RUNS = 3
const UNITS = { wallRate: 'records/s', rate: 'records/cpu-s' } as const

/**
 * What the rate cases do, by the clock, beside the tools that come with Kafka. Those are Java programs; of theirs, start-up is left
 * out of both figures, of ours it is in the time by the clock.
 */
export const kafkaPerfTools: readonly MeasureCase[] = [
  besideTool('kafka/read-wall', kafkaRead, 'kafka-consumer-perf-test', 300_000, async (records) => (await import('./run-perf-tool.ts')).consumerPerfTest(records)),
  besideTool('kafka/write-wall', kafkaWrite, 'kafka-producer-perf-test', 250_000, async (records) => (await import('./run-perf-tool.ts')).producerPerfTest(records)),
  {
    kind: 'measure',
    name: 'kafka/end-to-end-wall',
    ...provided(kafkaEndToEnd),
    async measure() {
      const [ours, theirs] = await inTurn(
        () => work({ rateCase: kafkaEndToEnd, variant: 'ours' }, kafkaEndToEnd.records, 'time'),
        () => work({ rateCase: kafkaEndToEnd, variant: 'guarantee none' }, kafkaEndToEnd.records, 'time'),
      )
      return line('kafka/end-to-end-wall', 'wallRate', 'guarantee none', ours, theirs, recordsPerSecond(100_000))
    },
  },
]

function besideTool(name: string, rateCase: RateCase, tool: string, recordsPerSecondAimed: number, run: (records: number) => Promise<ToolRate>): MeasureCase {
  return {
    kind: 'measure',
    name,
    ...provided(rateCase),
    async measure() {
      const [ours, theirs] = await inTurn(
        () => work({ rateCase, variant: 'ours' }, rateCase.records, 'time'),
        () => run(rateCase.records),
      )
      return [line(name, 'wallRate', tool, ours, theirs, recordsPerSecond(recordsPerSecondAimed)), line(name, 'rate', tool, ours, theirs)]
    },
  }
}

function provided({ provide }: RateCase): Pick<MeasureCase, 'provide'> {
  return provide === undefined ? {} : { provide }
}

async function inTurn(ours: () => Promise<ToolRate>, theirs: () => Promise<ToolRate>): Promise<readonly [readonly ToolRate[], readonly ToolRate[]]> {
  const rates: [ToolRate[], ToolRate[]] = [[], []]
  for (let run = 0; run < RUNS; run++) {
    rates[0].push(await ours())
    rates[1].push(await theirs())
  }
  return rates
}

function line(name: string, unit: keyof ToolRate, baseline: string, ours: readonly ToolRate[], theirs: readonly ToolRate[], target?: Target): Comparison {
  const compared = compare(
    name,
    UNITS[unit],
    baseline,
    ours.map((rates) => rates[unit]),
    theirs.map((rates) => rates[unit]),
  )
  return target === undefined ? { line: compared } : { line: compared, target }
}

function recordsPerSecond(aim: number): Target {
  return { text: `aim ${aim / 1000} K/s`, met: ({ ours }) => ours >= aim }
}

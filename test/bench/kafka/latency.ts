import { compare, type Target } from '../bench-line.ts'
import type { MeasureCase } from '../measure-case.ts'

const RUNS = 3

const atMost50Ms: Target = { text: 'p99 ≤ 50 ms', met: ({ ours }) => ours <= 50 }

/** From sending a record to reading what a job made of it from another topic, at 10 000 records a second; beside it without a job between. */
export const kafkaLatency: MeasureCase = {
  kind: 'measure',
  name: 'kafka/latency-p99',
  provide: async () => (await import('./broker.ts')).provideBroker(),
  async measure() {
    const { measureLatency } = await import('./measure-latency.ts')
    const [ours, direct]: [number[], number[]] = [[], []]
    for (let run = 0; run < RUNS; run++) {
      ours.push(await measureLatency(true))
      direct.push(await measureLatency(false))
    }
    return { line: compare('kafka/latency-p99', 'ms', 'no job', ours, direct), target: atMost50Ms }
  },
}

import { compare } from '../bench-line.ts'
import type { MeasureCase } from '../measure-case.ts'
import { cliArguments, inTurn, wallMs } from './start-up.ts'

const TIMES = 7

/** `millrace run` of a job over a ten-line CSV file, from start to end, as built. */
export const cliStart: MeasureCase = {
  kind: 'measure',
  name: 'engine/cli-start',
  async measure() {
    const { ours, theirs } = await inTurn(
      TIMES,
      () => wallMs(cliArguments('csv-job.ts')),
      () => wallMs(['--input-type=module', '-e', '']),
    )
    return { line: compare('engine/cli-start', 'ms', 'bare node', ours, theirs), target: { text: 'under 500 ms', met: (line) => line.ours < 500 } }
  },
}

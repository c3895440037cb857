import { compare } from '../bench-line.ts'
import type { MeasureCase } from '../measure-case.ts'
import { cliArguments, idleMegabytes, inTurn } from './start-up.ts'

const TIMES = 3

/** Resident memory of `millrace run` with a continuous job that has nothing to do, as built. */
export const idleMemory: MeasureCase = {
  kind: 'measure',
  name: 'engine/idle-memory',
  async measure() {
    const { ours, theirs } = await inTurn(
      TIMES,
      () => idleMegabytes(cliArguments('idle-job.ts')),
      () => idleMegabytes(['--input-type=module', '-e', 'setInterval(() => {}, 1000)']),
    )
    return { line: compare('engine/idle-memory', 'MB', 'bare node', ours, theirs), target: { text: 'under 100 MB', met: (line) => line.ours < 100 } }
  },
}

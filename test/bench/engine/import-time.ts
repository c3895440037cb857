import { compare } from '../bench-line.ts'
import type { MeasureCase } from '../measure-case.ts'
import { inTurn, requireBuilt, wallMs } from './start-up.ts'

const TIMES = 15
const node = (code: string): readonly string[] => ['--input-type=module', '-e', code]

/** A Node process that imports the built `@millrace/core` and ends, against one that imports nothing. */
export const importTime: MeasureCase = {
  kind: 'measure',
  name: 'engine/import',
  async measure() {
    requireBuilt('packages/core/dist/index.js')
    const { ours, theirs } = await inTurn(
      TIMES,
      () => wallMs(node("await import('@millrace/core')")),
      () => wallMs(node('')),
    )
    return {
      line: compare('engine/import', 'ms', 'bare node', ours, theirs),
      target: { text: 'at most 25 ms over bare node', met: (line) => line.ours - line.theirs <= 25 },
    }
  },
}

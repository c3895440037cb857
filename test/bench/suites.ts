import { cliStart } from './engine/cli-start.ts'
import { idleMemory } from './engine/idle-memory.ts'
import { importTime } from './engine/import-time.ts'
import { keyedCount } from './engine/keyed-count.ts'
import { slidingCount } from './engine/sliding-count.ts'
import { statelessChain } from './engine/stateless-chain.ts'
import { tumblingCount } from './engine/tumbling-count.ts'
import type { MeasureCase } from './measure-case.ts'
import type { RateCase } from './rate-case.ts'

export const rateCases: readonly RateCase[] = [statelessChain, keyedCount, tumblingCount, slidingCount]

export const suites: Readonly<Record<string, readonly (RateCase | MeasureCase)[]>> = {
  engine: [...rateCases, importTime, cliStart, idleMemory],
}

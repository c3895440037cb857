import { cliStart } from './engine/cli-start.ts'
import { idleMemory } from './engine/idle-memory.ts'
import { importTime } from './engine/import-time.ts'
import { keyedCount } from './engine/keyed-count.ts'
import { slidingCount } from './engine/sliding-count.ts'
import { statelessChain } from './engine/stateless-chain.ts'
import { tumblingCount } from './engine/tumbling-count.ts'
import { formatCases } from './formats/cases.ts'
import type { MeasureCase } from './measure-case.ts'
import type { RateCase } from './rate-case.ts'

const engineCases: readonly RateCase[] = [statelessChain, keyedCount, tumblingCount, slidingCount]

export const rateCases: readonly RateCase[] = [...engineCases, ...formatCases]

export const suites: Readonly<Record<string, readonly (RateCase | MeasureCase)[]>> = {
  engine: [...engineCases, importTime, cliStart, idleMemory],
  formats: formatCases,
}

import { cliStart } from './engine/cli-start.ts'
import { idleMemory } from './engine/idle-memory.ts'
import { importTime } from './engine/import-time.ts'
import { keyedCount } from './engine/keyed-count.ts'
import { denseTumblingCount, slidingCount, sparseSlidingCount } from './engine/sliding-count.ts'
import { statelessChain } from './engine/stateless-chain.ts'
import { tumblingCount } from './engine/tumbling-count.ts'
import { formatCases } from './formats/cases.ts'
import { memoryCases } from './formats/parquet-memory.ts'
import { kafkaCases, kafkaRateCases } from './kafka/cases.ts'
import { operatorCases } from './operators/cases.ts'
import { s3Cases } from './s3/cases.ts'
import { parallelCases } from './parallel/cases.ts'
import { stateCases, stateRateCases } from './state/cases.ts'
import type { MeasureCase } from './measure-case.ts'
import type { RateCase } from './rate-case.ts'

const engineCases: readonly RateCase[] = [statelessChain, keyedCount, tumblingCount, slidingCount, sparseSlidingCount]

/** All that a worker may be asked to run. */
export const rateCases: readonly RateCase[] = [...engineCases, denseTumblingCount, ...formatCases, ...operatorCases, ...stateRateCases, ...kafkaRateCases]

export const suites: Readonly<Record<string, readonly (RateCase | MeasureCase)[]>> = {
  engine: [...engineCases, importTime, cliStart, idleMemory],
  formats: [...formatCases, ...memoryCases],
  kafka: kafkaCases,
  operators: operatorCases,
  parallel: parallelCases,
  s3: s3Cases,
  state: stateCases,
}

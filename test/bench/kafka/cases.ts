import type { MeasureCase } from '../measure-case.ts'
import type { RateCase } from '../rate-case.ts'
import { kafkaEndToEnd } from './end-to-end.ts'
import { kafkaLatency } from './latency.ts'
import { kafkaPerfTools } from './perf-tools.ts'
import { kafkaRead } from './read.ts'
import { kafkaWrite } from './write.ts'

export const kafkaRateCases: readonly RateCase[] = [kafkaRead, kafkaWrite, kafkaEndToEnd]
export const kafkaCases: readonly (RateCase | MeasureCase)[] = [...kafkaRateCases, ...kafkaPerfTools, kafkaLatency]

import type { MeasureCase } from '../measure-case.ts'
import type { RateCase } from '../rate-case.ts'
import { kafkaRead } from './read.ts'

export const kafkaRateCases: readonly RateCase[] = [kafkaRead]
export const kafkaCases: readonly (RateCase | MeasureCase)[] = [...kafkaRateCases]

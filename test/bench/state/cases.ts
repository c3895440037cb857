import type { MeasureCase } from '../measure-case.ts'
import type { RateCase } from '../rate-case.ts'
import { checkpointCases } from './checkpoint-cases.ts'
import { incrementalCases } from './incremental-cases.ts'
import { operationCases } from './operation-cases.ts'
import { snapshotCases } from './snapshot-cases.ts'
import { leveldbHotSet, leveldbRandomUpdate, leveldbSkewedUpdate } from './update-cases.ts'

export const stateRateCases: readonly RateCase[] = [leveldbRandomUpdate, leveldbSkewedUpdate, leveldbHotSet, ...checkpointCases]
export const stateCases: readonly (RateCase | MeasureCase)[] = [...stateRateCases, ...snapshotCases, ...incrementalCases, ...operationCases]

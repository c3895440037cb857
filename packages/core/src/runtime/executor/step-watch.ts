import type { TaskDeployment } from '../protocol.ts'

/** Looks on while tasks are stepped, so that somebody can tell which one does not return. Called once per step, not per record. */
export interface StepWatch {
  began(task: TaskDeployment): void
  ended(task: TaskDeployment, durationMs: number): void
}

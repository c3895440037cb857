import type { StepWatch } from '../../runtime/executor/step-watch.ts'

/** A subtask by its place in the job graph. */
export interface ActiveTask {
  readonly vertexId: number
  readonly subtask: number
}

const SUBTASKS = 2 ** 15
const NONE = 0

/** One cell of shared memory through which the main thread sees what a worker is doing, also when the worker does not answer. */
export function createActivity(): SharedArrayBuffer {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
}

/** In the worker: writes the task that is being stepped. */
export function activityWatch(activity: SharedArrayBuffer): StepWatch {
  const cell = new Int32Array(activity)
  return {
    began: ({ vertexId, subtaskIndex }) => void Atomics.store(cell, 0, vertexId * SUBTASKS + subtaskIndex + 1),
    ended: () => void Atomics.store(cell, 0, NONE),
  }
}

/** In the main thread; undefined: between two steps, or in a callback of I/O or of a timer. */
export function currentTask(activity: SharedArrayBuffer): ActiveTask | undefined {
  const value = Atomics.load(new Int32Array(activity), 0)
  return value === NONE ? undefined : { vertexId: Math.floor((value - 1) / SUBTASKS), subtask: (value - 1) % SUBTASKS }
}

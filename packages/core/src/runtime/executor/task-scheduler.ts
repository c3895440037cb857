import type { Task } from '../task/task.ts'
import type { Clock } from '../time/clock.ts'
import type { StepWatch } from './step-watch.ts'

/** Longest time tasks may keep the thread before timers, I/O and messages have their turn. */
const SLICE_MS = 8
/** The same in steps, for clocks that stand still. */
const SLICE_STEPS = 1024

/** Runs the tasks of one thread in turn, one step each, and gives the thread back between slices. */
export class TaskScheduler {
  readonly #clock: Clock
  readonly #watch: StepWatch
  readonly #ready: Set<Task> = new Set()
  #scheduled = false
  #running = false

  constructor(clock: Clock, watch: StepWatch) {
    this.#clock = clock
    this.#watch = watch
  }

  wake(task: Task): void {
    this.#ready.add(task)
    this.#schedule()
  }

  remove(task: Task): void {
    this.#ready.delete(task)
  }

  #schedule(): void {
    if (this.#scheduled || this.#running) return
    this.#scheduled = true
    this.#clock.immediate(() => this.#runSlice())
  }

  #runSlice(): void {
    this.#scheduled = false
    this.#running = true
    let nowMs = this.#clock.now()
    const endMs = nowMs + SLICE_MS
    let steps = 0
    try {
      // A set keeps insertion order, also while it is walked: a task that has more to do goes behind the others.
      for (const task of this.#ready) {
        this.#ready.delete(task)
        const beganMs = nowMs
        this.#watch.began(task.deployment)
        if (task.step()) this.#ready.add(task)
        nowMs = this.#clock.now()
        this.#watch.ended(task.deployment, nowMs - beganMs)
        if (++steps === SLICE_STEPS || nowMs >= endMs) break
      }
    } finally {
      this.#running = false
    }
    if (this.#ready.size > 0) this.#schedule()
  }
}

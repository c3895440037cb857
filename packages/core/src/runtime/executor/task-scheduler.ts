import type { Task } from '../task/task.ts'
import type { Clock } from '../time/clock.ts'

/** Longest time tasks may keep the thread before timers, I/O and messages have their turn. */
const SLICE_MS = 8
/** The same in steps, for clocks that stand still. */
const SLICE_STEPS = 1024

/** Runs the tasks of one thread in turn, one step each, and gives the thread back between slices. */
export class TaskScheduler {
  readonly #clock: Clock
  readonly #ready: Set<Task> = new Set()
  #scheduled = false
  #running = false

  constructor(clock: Clock) {
    this.#clock = clock
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
    const endMs = this.#clock.now() + SLICE_MS
    let steps = 0
    try {
      // A set keeps insertion order, also while it is walked: a task that has more to do goes behind the others.
      for (const task of this.#ready) {
        this.#ready.delete(task)
        if (task.step()) this.#ready.add(task)
        if (++steps === SLICE_STEPS || this.#clock.now() >= endMs) break
      }
    } finally {
      this.#running = false
    }
    if (this.#ready.size > 0) this.#schedule()
  }
}

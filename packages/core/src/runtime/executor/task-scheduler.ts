import type { Task } from '../task/task.ts'
import type { Clock } from '../time/clock.ts'

/** Longest time tasks may keep the thread before timers, I/O and messages have their turn. */
const SLICE_MS = 8

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
    try {
      do {
        for (const task of this.#ready) {
          this.#ready.delete(task)
          // A set keeps insertion order: a task that has more to do goes behind the others.
          if (task.step()) this.#ready.add(task)
          if (this.#clock.now() >= endMs) break
        }
      } while (this.#ready.size > 0 && this.#clock.now() < endMs)
    } finally {
      this.#running = false
    }
    if (this.#ready.size > 0) this.#schedule()
  }
}

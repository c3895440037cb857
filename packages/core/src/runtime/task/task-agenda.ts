import { PendingWork } from './pending-work.ts'
import type { TaskOutput } from './task-output.ts'

/** What a task has to do besides its input, in the order in which it may be done. */
export class TaskAgenda {
  /** A message that is not handled to its end yet: no other one is begun. */
  readonly blocked: PendingWork
  /** Work of operators that input waits for. Timers go on: a commit that is tried again waits for one. */
  readonly held: PendingWork
  /** When an output was last looked at, it had no room. */
  isBackPressured = false
  readonly #wake: () => void
  readonly #timers: (() => void)[] = []
  readonly #mailbox: (() => void)[] = []
  readonly #deferred: (() => void)[] = []
  readonly #suspended = new Map<number, () => void>()

  constructor(wake: () => void, fail: (error: unknown) => void) {
    this.#wake = wake
    this.blocked = new PendingWork(wake, fail)
    this.held = new PendingWork(wake, fail)
  }

  /** A time has come. */
  fire(action: () => void): void {
    this.#timers.push(action)
    this.#wake()
  }

  /** From the coordinator, or from work that went on outside of the task. */
  enqueue(action: () => void): void {
    this.#mailbox.push(action)
    this.#wake()
  }

  /** Of the operator at this position: what it has to emit still, once there is room. */
  suspend(operator: number, resume: () => void): void {
    this.#suspended.set(operator, resume)
  }

  /** Waits until no operator is suspended: barriers, new splits, and the ends of inputs. */
  defer(action: () => void): void {
    this.#deferred.push(action)
  }

  /** Does one thing, if there is one: `done`. `wait`: nothing may be done before the task is woken. `input`: its turn has come. */
  next(output: TaskOutput): 'done' | 'wait' | 'input' {
    const urgent = this.#timers.shift() ?? (this.held.isPending ? undefined : this.#mailbox.shift())
    if (urgent !== undefined) {
      urgent()
      return 'done'
    }
    if (this.held.isPending) return 'wait'
    this.isBackPressured = !output.isAvailable
    if (this.isBackPressured) return 'wait'
    if (this.#suspended.size > 0) {
      const suspended = [...this.#suspended.values()]
      this.#suspended.clear()
      for (const resume of suspended) resume()
      return 'done'
    }
    const deferred = this.#deferred.shift()
    if (deferred === undefined) return 'input'
    deferred()
    return 'done'
  }

  /** Resolves when what is awaited now has settled, one way or the other. */
  async settled(): Promise<void> {
    await Promise.allSettled([this.blocked.settled(), this.held.settled()])
  }
}

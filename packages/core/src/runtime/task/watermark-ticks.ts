import type { StreamOperator } from '../operators/stream-operator.ts'
import type { TimestampsOperator } from '../operators/timestamps-operator.ts'
import type { OperatorChain } from './operator-chain.ts'
import type { TaskEnvironment } from './task-environment.ts'

/**
 * Asks the operators in the middle of a chain that make watermarks for them: after each batch, for what its records said,
 * and every auto-watermark interval, for what the lack of records says.
 */
export class WatermarkTicks {
  readonly #operators: readonly TimestampsOperator[]
  readonly #environment: TaskEnvironment
  #cancel: () => void = () => {}

  constructor(chain: OperatorChain, environment: TaskEnvironment) {
    this.#environment = environment
    const makesWatermarks = (index: number): boolean => environment.vertex.operators[index]?.node.operator.kind === 'timestamps'
    this.#operators = chain.members.filter((_, index) => makesWatermarks(index)).map(({ operator }) => operator as StreamOperator & TimestampsOperator)
  }

  /** Until the input has ended, after which nothing may be emitted, or the signal aborts. */
  start(enqueue: (action: () => void) => void, isRunning: () => boolean, signal: AbortSignal): void {
    if (this.#operators.length === 0) return
    const { clock, settings } = this.#environment
    const arm = (): void => {
      if (signal.aborted) return
      this.#cancel = clock.schedule(settings.autoWatermarkIntervalMs, () =>
        enqueue(() => {
          if (!isRunning()) return
          this.tick()
          arm()
        }),
      )
    }
    arm()
    signal.addEventListener('abort', () => this.#cancel(), { once: true })
  }

  tick(): void {
    if (this.#operators.length === 0) return
    const now = this.#environment.clock.now()
    for (const operator of this.#operators) operator.emitPeriodicWatermark(now)
  }
}

import type { Counter, Logger, MetricGroup, MillraceError } from '@millrace/core/spi'

interface OutageContext {
  readonly logger: Logger
  readonly metrics: MetricGroup
  now(): number
}

/** Trouble with brokers that is being tried again: a counter, the gauge `unavailableMs`, which the job's status shows, and log lines. */
export class Outage {
  readonly #context: OutageContext
  readonly #attempts: Counter
  readonly #doing: string
  #sinceMs: number | undefined

  /** `doing` begins the log lines, such as `fetching from Kafka`. */
  constructor(context: OutageContext, attempts: Counter, doing: string) {
    this.#context = context
    this.#attempts = attempts
    this.#doing = doing
    context.metrics.gauge('unavailableMs', () => (this.#sinceMs === undefined ? 0 : Math.max(1, context.now() - this.#sinceMs)))
  }

  get lasts(): boolean {
    return this.#sinceMs !== undefined
  }

  /** Logs the first, second, fourth … attempt: trouble may last for hours. */
  retrying(error: MillraceError, attempt: number): void {
    this.#sinceMs ??= this.#context.now()
    this.#attempts.value++
    if ((attempt & (attempt - 1)) === 0) this.#context.logger.warn({ code: error.code, attempt, error: error.message }, `${this.#doing} failed and is tried again`)
  }

  recovered(): void {
    if (this.#sinceMs === undefined) return
    this.#context.logger.info({ unavailableMs: this.#context.now() - this.#sinceMs }, `${this.#doing} works again`)
    this.#sinceMs = undefined
  }
}

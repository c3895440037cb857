/** One value at one moment. `labels` carry job, operator, subtask and user groups. */
export interface MetricSample {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Sends metrics somewhere. Opened once per job by the coordinator; `report` is called every `intervalMs` and once at the end. */
export interface MetricReporter {
  readonly name: string
  readonly intervalMs: number
  report(samples: readonly MetricSample[]): void | Promise<void>
  close?(): void | Promise<void>
}

export interface OutputTask {
  readonly subtaskIndex: number
  readonly parallelism: number
  readonly signal: AbortSignal
}

export interface OpenOutput<in T> {
  writeRecord(value: T): void
  /** Asked after every batch; a promise stops input until it resolves. */
  ready?(): Promise<void> | undefined
  /** Called at each checkpoint and before close. */
  flush?(): void | Promise<void>
  /** `failed` is true when the attempt did not end normally. */
  close(failed: boolean): void | Promise<void>
}

/** The simple bounded output: open, write, close. At-least-once. */
export interface OutputFormat<in T> {
  readonly kind: 'output-format'
  readonly name: string
  /** Called once per subtask and attempt. */
  open(task: OutputTask): OpenOutput<T> | Promise<OpenOutput<T>>
}

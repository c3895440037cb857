export interface SinkFunctionContext {
  readonly subtaskIndex: number
  readonly parallelism: number
  readonly signal: AbortSignal
}

/** One running instance of a SinkFunction. */
export interface RunningSink<in T> {
  /** Called once per record. Returning a promise stops input until it resolves: fine for simple jobs, slow for fast ones. */
  invoke(value: T, timestamp: number): void | Promise<void>
  /** Called at each checkpoint and at the end of input; afterwards everything invoked must be safe (at-least-once). */
  flush?(): void | Promise<void>
  close?(): void | Promise<void>
}

/** The simple push sink. At-least-once; for exactly-once implement Sink. */
export interface SinkFunction<in T> {
  readonly kind: 'sink-function'
  readonly name: string
  /** Called once per subtask and attempt. */
  open(context: SinkFunctionContext): RunningSink<T> | Promise<RunningSink<T>>
}

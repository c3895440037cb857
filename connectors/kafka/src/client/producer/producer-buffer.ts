/** How much is appended and not yet acknowledged, and who waits for it to become less. */
export interface ProducerBuffer {
  bytes: number
  readonly failed: boolean
  /** Undefined if there is room or everything has been acknowledged. */
  whenBelow(limit: number): Promise<void> | undefined
  released(bytes: number): void
  /** Rejects all who wait and will wait. */
  fail(error: unknown): void
}

export function createProducerBuffer(): ProducerBuffer {
  let failure: { readonly error: unknown } | undefined
  let waiting: { readonly limit: number; readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = []
  return {
    bytes: 0,
    get failed() {
      return failure !== undefined
    },
    whenBelow(limit) {
      if (failure !== undefined) return Promise.reject(failure.error)
      if (this.bytes <= limit) return undefined
      return new Promise((resolve, reject) => waiting.push({ limit, resolve, reject }))
    },
    released(bytes) {
      this.bytes -= bytes
      if (waiting.length === 0) return
      const still = waiting.filter(({ limit }) => this.bytes > limit)
      const done = waiting.filter(({ limit }) => this.bytes <= limit)
      waiting = still
      done.forEach(({ resolve }) => resolve())
    },
    fail(error) {
      failure ??= { error }
      const { error: first } = failure
      waiting.forEach(({ reject }) => reject(first))
      waiting = []
    },
  }
}

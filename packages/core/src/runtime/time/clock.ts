/** Time as the runtime sees it: real in production, moved by hand in tests. Nothing below the environment reads another clock. */
export interface Clock {
  /** Processing time in epoch ms. */
  now(): number
  /** Runs `action` once, `delayMs` from now; the function returned takes it back. */
  schedule(delayMs: number, action: () => void): () => void
  /** Runs `action` after pending I/O had its turn: how long work gives way to the rest of the process. */
  immediate(action: () => void): void
}

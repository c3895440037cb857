import type { MessagePort, Worker } from 'node:worker_threads'
import type { ShuffleDigest } from './shuffle-rows.ts'

/** One way to move rows from one thread to another, with a bound on what is on its way. */
export interface ShuffleVariant {
  /** Runs in both threads before anything is measured, e.g. other types through the same code. */
  prepare?(): void
  /** What both ends share; posted to the producer's thread. */
  share(): unknown
  /** In the producer's thread: sends that many rows and then the end. */
  produce(shared: unknown, records: number, port: MessagePort): void
  /** In the main thread: resolves at the end of the rows. */
  consume(shared: unknown, digest: ShuffleDigest, producer: Worker): Promise<void>
}

/** Imported only in the threads that run them. */
export const shuffleVariants: Readonly<Record<string, () => Promise<ShuffleVariant>>> = {
  typed: async () => (await import('./engine-shuffle.ts')).engineShuffle(true),
  generic: async () => (await import('./engine-shuffle.ts')).engineShuffle(false),
  'bare ring': async () => (await import('./bare-ring-shuffle.ts')).bareRingShuffle(),
  'structured clone': async () => (await import('./clone-shuffle.ts')).cloneShuffle(),
}

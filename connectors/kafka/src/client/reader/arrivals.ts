import type { FetchedPartition } from '../partition-reader.ts'
import type { AssignedPartition } from './assigned-partition.ts'

/** What has been fetched and waits to be taken, and who waits for it. */
export interface Arrivals {
  add(one: AssignedPartition, fetched: FetchedPartition): void
  take(): { readonly one: AssignedPartition; readonly fetched: FetchedPartition } | undefined
  /** From now on `available` rejects with this. */
  fail(error: unknown): void
  readonly failed: boolean
  available(signal: AbortSignal): Promise<void>
  /** Wakes who waits. */
  close(): void
}

export function createArrivals(): Arrivals {
  const waiting: { readonly one: AssignedPartition; readonly fetched: FetchedPartition }[] = []
  let failure: { readonly error: unknown } | undefined
  let wake: (() => void) | undefined
  const notify = (): void => {
    wake?.()
    wake = undefined
  }
  return {
    add(one, fetched) {
      waiting.push({ one, fetched })
      notify()
    },
    take: () => waiting.shift(),
    fail(error) {
      failure ??= { error }
      notify()
    },
    get failed() {
      return failure !== undefined
    },
    async available(signal) {
      if (waiting.length === 0 && failure === undefined && !signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve
          signal.addEventListener('abort', notify, { once: true })
        })
        signal.removeEventListener('abort', notify)
      }
      if (failure !== undefined && waiting.length === 0) throw failure.error
    },
    close: notify,
  }
}

import { getHeapStatistics } from 'node:v8'
import { MillraceError } from '../../../errors.ts'
import { estimateBytes } from '../../../types/estimate-bytes.ts'

/** Map slot, entry object and hash of one entry (measured: 120 to 150 bytes for a string key). */
const ENTRY_BYTES = 120
const CHECK_EVERY = 1024
const MEBIBYTE = 1024 * 1024

/** Of V8's limit, what one operator's state may take by default: the rest is records, code and garbage not yet collected. */
const DEFAULT_SHARE = 0.6

/**
 * Counts the entries of one backend and estimates their bytes from a sample, to fail with advice before V8 dies without.
 * A value that grows in place is seen when its entry is sampled, not at every change.
 */
export class HeapBudget {
  entries = 0
  readonly #maxBytes: number
  readonly #operatorUid: string
  #sampledBytes = 0
  #samples = 0
  #countdown = 1

  constructor(maxBytes: number | undefined, operatorUid: string) {
    this.#maxBytes = maxBytes ?? getHeapStatistics().heap_size_limit * DEFAULT_SHARE
    this.#operatorUid = operatorUid
  }

  /** A new entry. Throws STATE_TOO_LARGE. */
  added(key: unknown, value: unknown): void {
    this.entries++
    if (--this.#countdown > 0) return
    this.#countdown = CHECK_EVERY
    this.#sampledBytes += ENTRY_BYTES + estimateBytes(key) + estimateBytes(value)
    this.#samples++
    const bytes = this.estimatedBytes()
    if (bytes > this.#maxBytes) throw this.#tooLarge(bytes)
  }

  estimatedBytes(): number {
    return this.#samples === 0 ? 0 : (this.#sampledBytes / this.#samples) * this.entries
  }

  #tooLarge(bytes: number): MillraceError {
    const inMiB = (size: number): string => `${Math.ceil(size / MEBIBYTE)} MiB`
    return new MillraceError(
      'STATE_TOO_LARGE',
      `The heap state of this subtask is limited to ${inMiB(this.#maxBytes)}, and holds about ${inMiB(bytes)} in ${this.entries} entries. ` +
        'Clear state that is not needed or give it a ttl, raise maxBytes together with --max-old-space-size, raise the parallelism over more processes, ' +
        'or use a state backend that keeps state on disk',
      { origin: 'user', at: { uid: this.#operatorUid } },
    )
  }
}

import type { ByteBudget } from '../client/byte-budget.ts'
import type { S3Requests } from '../client/s3-requests.ts'
import { fetchRange } from './fetch-range.ts'
import type { OpenedObject } from './get-object.ts'
import { RangeStream } from './range-stream.ts'

const MIB = 1024 * 1024
/** That may wait for the reader, of one answer: as much as hides the latency of the next request. */
const HELD_BYTES = 4 * MIB
/** Of one answer; the first shows how fast the store is. */
const FIRST_ANSWER_BYTES = 8 * MIB
const ANSWER_BYTES = 64 * MIB
/**
 * A connection that brings less while the reader waits is joined by others: object stores limit the rate of each (85–90 MB/s, says
 * Amazon's "Performance design patterns for Amazon S3"). One that brings more is not: several answers at a time cost the machine about
 * a third more than a long one.
 */
const SLOW_BYTES_PER_MS = 100_000

interface OpenStream {
  readonly stream: RangeStream
  readonly takenBytes: number
}

/**
 * The bytes of an object from `start` on, for who reads them in order: by one long answer after the other, or by several side by side
 * where one is slow. At most `readAheadBytes` are held, as far as the budget has them. Small objects are checked against their checksum.
 */
export async function* readInOrder(requests: S3Requests, object: OpenedObject, budget: ByteBudget, start: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const { size } = object
  const { readAheadBytes } = requests.config
  if (start === 0 && size <= HELD_BYTES) {
    if (size > 0) yield await fetchWhole(requests, object, signal)
    return
  }
  const open: OpenStream[] = []
  let next = start
  let sideBySide = false
  const openNext = (): void => {
    const end = Math.min(size, next + (next === start ? FIRST_ANSWER_BYTES : sideBySide ? HELD_BYTES : ANSWER_BYTES))
    const heldBytes = open.reduce((sum, { takenBytes }) => sum + takenBytes, 0)
    const wantedBytes = Math.min(HELD_BYTES, Math.max(0, readAheadBytes - heldBytes), end - next)
    const takenBytes = budget.tryTake(wantedBytes) ? wantedBytes : 0
    open.push({ stream: new RangeStream({ requests, object, start: next, end, heldBytes: takenBytes, signal }), takenBytes })
    next = end
  }
  const closeFirst = (): void => {
    const first = open.shift()
    first?.stream.close()
    budget.giveBack(first?.takenBytes ?? 0)
  }
  try {
    if (start < size) openNext()
    for (let first = open[0]?.stream; first !== undefined; first = open[0]?.stream) {
      const endsSoon = first.bytesToCome <= HELD_BYTES
      if (endsSoon && first.bytesPerMs !== undefined) sideBySide = first.bytesPerMs < SLOW_BYTES_PER_MS
      // one ahead, so that its first bytes are there when the last of this one have come
      while (next < size && open.length < (sideBySide ? readAheadBytes / HELD_BYTES : endsSoon ? 2 : 1)) openNext()
      const chunk = await first.next()
      if (chunk !== undefined) yield chunk
      else {
        closeFirst()
        if (open.length === 0 && next < size) openNext()
      }
    }
  } finally {
    while (open.length > 0) closeFirst()
  }
}

async function fetchWhole(requests: S3Requests, object: OpenedObject, signal: AbortSignal): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(object.size) // not from Node's pool: receivers keep slices of it
  await fetchRange(requests, object, 0, bytes, signal)
  return bytes
}

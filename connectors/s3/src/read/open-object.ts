import { MillraceError } from '@millrace/core/spi'
import type { OpenFile } from '@millrace/core/spi'
import { ByteBudget } from '../client/byte-budget.ts'
import { headObject } from '../client/head-object.ts'
import type { S3Requests } from '../client/s3-requests.ts'
import { parseObjectPath } from '../s3-path.ts'
import { fetchRange } from './fetch-range.ts'
import type { OpenedObject } from './get-object.ts'
import { ReadAhead } from './read-ahead.ts'
import { readInOrder } from './read-in-order.ts'

/** What all open files of one file system share. */
export interface ReadBudgets {
  /** Reads that somebody waits for. */
  readonly demand: ByteBudget
  /** Bytes read ahead, until they are asked for. Apart from the other, so that nobody waits for bytes that nobody asks for. */
  readonly ahead: ByteBudget
}

export function readBudgets({ config }: S3Requests): ReadBudgets {
  return { demand: new ByteBudget(config.readBudgetBytes), ahead: new ByteBudget(config.readBudgetBytes) }
}

/** The object as it is now: if it is replaced while it is open, reading it fails with S3_OBJECT_CHANGED. */
export async function openObject(requests: S3Requests, budgets: ReadBudgets, path: string): Promise<OpenFile> {
  const location = parseObjectPath(path)
  const head = await headObject(requests, location, 'open')
  if (head === undefined) {
    throw new MillraceError('FS_NOT_FOUND', `Cannot open ${path}: there is no such object; check the path`, { origin: 'external', at: { file: path } })
  }
  const { size, etag } = head
  const object: OpenedObject = { location, size, etag }
  const closed = new AbortController()
  const demanded = (start: number, end: number): Promise<Uint8Array> => readRange(requests, object, budgets.demand, start, end, closed.signal)
  const ahead = new ReadAhead({ size, maxBytes: requests.config.readAheadBytes, budget: budgets.ahead, fetch: demanded })
  return {
    path,
    size,
    async read(start, end) {
      if (!(start >= 0 && start <= end && end <= size)) throw outOfBounds(path, start, end, size)
      return start === end ? new Uint8Array(0) : ahead.read(start, end)
    },
    chunks(offset) {
      if (!(offset >= 0 && offset <= size)) throw outOfBounds(path, offset, size, size)
      return readInOrder(requests, object, budgets.ahead, offset, closed.signal)
    },
    close() {
      closed.abort(new MillraceError('FS_IO', `Cannot read ${path}: it was closed before`, { origin: 'engine', at: { file: path } }))
      ahead.close()
      return Promise.resolve()
    },
  }
}

/** Cuts a large range into several that are fetched at the same time. */
async function readRange(requests: S3Requests, object: OpenedObject, budget: ByteBudget, start: number, end: number, signal: AbortSignal): Promise<Uint8Array> {
  const { rangeBytes, concurrency } = requests.config
  const bytes = Buffer.allocUnsafeSlow(end - start) // not from Node's pool: receivers keep slices of it
  let next = 0
  const fetchNext = async (): Promise<void> => {
    while (next < bytes.length) {
      const target = bytes.subarray(next, next + rangeBytes)
      const from = start + next
      next += target.length
      await budget.take(target.length)
      try {
        await fetchRange(requests, object, from, target, signal)
      } finally {
        budget.giveBack(target.length)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, Math.ceil(bytes.length / rangeBytes)) }, fetchNext))
  return bytes
}

function outOfBounds(path: string, start: number, end: number, size: number): MillraceError {
  return new MillraceError('FS_IO', `Cannot read ${path}: expected a range within its ${size} bytes, found ${start} to ${end}`, { origin: 'engine', at: { file: path } })
}

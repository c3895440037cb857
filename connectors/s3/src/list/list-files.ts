import type { FileStatus } from '@millrace/core/spi'
import type { S3Requests } from '../client/s3-requests.ts'
import { parsePath, prefixOf } from '../s3-path.ts'
import { isHiddenKey } from '../write/hidden-name.ts'
import { listBelow, listPage } from './list-page.ts'
import type { ListedObject, ListedPage } from './list-page.ts'

/** Prefixes listed at the same time. */
const FAN_OUT = 8

/**
 * What is directly below a prefix, in memory as a whole, or all objects below it, page by page. What is unfinished and the empty
 * objects that consoles make for directories are left out.
 */
export async function* listFiles(requests: S3Requests, path: string, recursive: boolean, signal: AbortSignal | undefined): AsyncGenerator<FileStatus> {
  signal?.throwIfAborted()
  const { bucket, key } = parsePath(path)
  const prefix = prefixOf(key)
  const files = recursive ? allBelow(requests, bucket, prefix, signal) : directlyBelow(requests, bucket, prefix, signal)
  for await (const file of files) {
    signal?.throwIfAborted()
    yield file
  }
}

async function* directlyBelow(requests: S3Requests, bucket: string, prefix: string, signal: AbortSignal | undefined): AsyncGenerator<FileStatus> {
  const found: FileStatus[] = []
  let next: string | undefined
  do {
    const page: ListedPage = await listPage(requests, bucket, prefix, { delimiter: '/', continueAt: next, signal })
    found.push(...page.objects.filter(isFile).map((object) => toStatus(bucket, object)))
    found.push(...page.prefixes.map((directory) => ({ path: `s3://${bucket}/${directory.slice(0, -1)}`, size: 0, modifiedMs: 0, isDirectory: true })))
    next = page.next
  } while (next !== undefined)
  // The store sorts `a-b` before `a/`, the contract the path `a` before `a-b`.
  yield* found.sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** The first page tells whether there is more; if so the directories of the first level are listed side by side. */
async function* allBelow(requests: S3Requests, bucket: string, prefix: string, signal: AbortSignal | undefined): AsyncGenerator<FileStatus> {
  const first = await listPage(requests, bucket, prefix, { signal })
  for (const object of first.objects) if (isFile(object)) yield toStatus(bucket, object)
  const last = first.objects.at(-1)?.key
  if (first.next === undefined || last === undefined) return
  for await (const object of inParallel(requests, bucket, prefix, last, signal)) if (isFile(object)) yield toStatus(bucket, object)
}

/** Everything after `last`, in order, the first pages of the next directories being fetched ahead. */
async function* inParallel(requests: S3Requests, bucket: string, prefix: string, last: string, signal: AbortSignal | undefined): AsyncGenerator<ListedObject> {
  const cut = last.indexOf('/', prefix.length)
  const unfinished = cut < 0 ? undefined : last.slice(0, cut + 1)
  if (unfinished !== undefined) yield* listBelow(requests, bucket, unfinished, { startAfter: last, signal })
  // After all keys of the directory that was cut: the character after '/' is '0'.
  const startAfter = unfinished === undefined ? last : `${unfinished.slice(0, -1)}/\u{10FFFF}`
  let next: string | undefined
  do {
    const page: ListedPage = await listPage(requests, bucket, prefix, { delimiter: '/', startAfter, continueAt: next, signal })
    next = page.next
    const entries = [...page.objects.map((object) => ({ key: object.key, object })), ...page.prefixes.filter((directory) => directory !== unfinished).map((key) => ({ key, object: undefined }))]
    entries.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)))
    const listings = new Map<string, AsyncGenerator<ListedObject>>()
    const ahead = entries.filter(({ object }) => object === undefined).values()
    const listAhead = (): void => {
      for (let directory = ahead.next(); directory.done !== true; directory = ahead.next()) {
        listings.set(directory.value.key, startListing(listBelow(requests, bucket, directory.value.key, { signal })))
        if (listings.size >= FAN_OUT) return
      }
    }
    listAhead()
    for (const { key, object } of entries) {
      if (object !== undefined) {
        yield object
        continue
      }
      yield* listings.get(key) as AsyncGenerator<ListedObject>
      listings.delete(key)
      listAhead()
    }
  } while (next !== undefined)
}

/** A generator fetches nothing before it is asked for the first time; this one is asked at once. */
function startListing(listing: AsyncGenerator<ListedObject>): AsyncGenerator<ListedObject> {
  const first = listing.next()
  first.catch(() => {}) // awaited below, unless the reader leaves before
  return (async function* () {
    const result = await first
    if (result.done === true) return
    yield result.value
    yield* listing
  })()
}

function isFile({ key }: ListedObject): boolean {
  return !key.endsWith('/') && !isHiddenKey(key)
}

function toStatus(bucket: string, { key, size, modifiedMs }: ListedObject): FileStatus {
  return { path: `s3://${bucket}/${key}`, size, modifiedMs, isDirectory: false }
}

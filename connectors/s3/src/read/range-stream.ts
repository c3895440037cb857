import type { S3Requests } from '../client/s3-requests.ts'
import type { LoadedSdk } from '../client/s3-sdk.ts'
import { formatPath } from '../s3-path.ts'
import { getObject, wrongLength } from './get-object.ts'
import type { OpenedObject } from './get-object.ts'
import type { ResponseBody } from './response-body.ts'

/** After so many bytes an attempt has succeeded, and the next has its own time limit and number of tries. */
const STRETCH_BYTES = 1024 * 1024

export interface RangeStreamOptions {
  readonly requests: S3Requests
  readonly object: OpenedObject
  readonly start: number
  readonly end: number
  /** Bytes that may wait for the reader. With 0 nothing is received before it is asked for. */
  readonly heldBytes: number
  readonly signal: AbortSignal
}

/**
 * A range of an object, chunk by chunk as it comes. The answer is received ahead of the reader and paused when enough is waiting; one
 * that breaks off is followed by another from the same byte on, of the same version of the object.
 */
export class RangeStream {
  readonly #options: RangeStreamOptions
  readonly #closing = new AbortController()
  readonly #signal: AbortSignal
  readonly #queue: Uint8Array[] = []
  #queuedBytes = 0
  /** Of the next byte that comes. */
  #position: number
  #body: ResponseBody | undefined
  #failure: unknown
  #room: (() => void) | undefined
  #news: (() => void) | undefined
  #receivingMs = 0
  #paused = false

  constructor(options: RangeStreamOptions) {
    this.#options = options
    this.#position = options.start
    this.#signal = AbortSignal.any([options.signal, this.#closing.signal])
    this.#signal.addEventListener('abort', () => {
      this.#body?.destroy()
      this.#room?.()
    })
    void this.#receiveAll()
  }

  /** Of the range; what has come but was not read does not count. */
  get bytesToCome(): number {
    return this.#options.end - this.#position
  }

  /** How fast the bytes came; undefined for the first MiB, and if it is the reader that is slow, since the answer had to be paused for it. */
  get bytesPerMs(): number | undefined {
    const receivedBytes = this.#position - this.#options.start
    return this.#paused || receivedBytes < STRETCH_BYTES ? undefined : receivedBytes / Math.max(1, this.#receivingMs)
  }

  /** The next chunk, which belongs to the receiver; undefined at the end. Rejects with S3_OBJECT_CHANGED. One call at a time. */
  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk = this.#queue.shift()
      if (chunk !== undefined) {
        this.#queuedBytes -= chunk.length
        if (this.#queuedBytes <= this.#options.heldBytes / 2) this.#room?.()
        return chunk
      }
      if (this.#failure !== undefined) throw this.#failure
      if (this.bytesToCome === 0) return undefined
      await new Promise<void>((resolve) => {
        this.#news = resolve
      })
    }
  }

  /** Nothing is read any more: gives the connection up, unless all has come and it is free for others. */
  close(): void {
    if (this.bytesToCome > 0) this.#closing.abort()
  }

  /** Never rejects: the next read does. */
  async #receiveAll(): Promise<void> {
    const { requests, object } = this.#options
    const request = { doing: 'read', path: formatPath(object.location), permission: 's3:GetObject', precondition: 'changed', bytes: STRETCH_BYTES, signal: this.#signal } as const
    try {
      while (this.bytesToCome > 0) {
        await requests.proceed({ ...request, run: (loaded, signal) => this.#receive(loaded, signal) })
        if (this.#isFull() && this.bytesToCome > 0) await this.#pause()
      }
      this.#body?.release()
    } catch (error) {
      this.#failure = error
      this.#news?.()
    }
  }

  /** A stretch, from the answer that is there or from a new one. */
  async #receive(loaded: LoadedSdk, signal: AbortSignal): Promise<void> {
    const { requests, object, end } = this.#options
    const { statistics, config } = requests
    if (this.#body === undefined || this.#body.ended) {
      statistics.requests++
      this.#body = await getObject(object, { start: this.#position, end, checked: false }, loaded, signal)
    }
    const start = this.#position
    const sinceMs = config.clock.now()
    try {
      await this.#body.receive((chunk) => {
        statistics.bytesRead += chunk.length
        this.#queue.push(chunk)
        this.#queuedBytes += chunk.length
        this.#position += chunk.length
        this.#news?.()
        return this.#position - start < STRETCH_BYTES && this.bytesToCome > 0 && !this.#isFull()
      }, signal)
    } finally {
      this.#receivingMs += config.clock.now() - sinceMs
    }
    if (this.#position === start) throw wrongLength(object, start, end, 0)
  }

  #isFull(): boolean {
    return this.#queuedBytes > 0 && this.#queuedBytes >= this.#options.heldBytes
  }

  async #pause(): Promise<void> {
    this.#paused = true
    await new Promise<void>((resolve) => {
      this.#room = resolve
    })
  }
}

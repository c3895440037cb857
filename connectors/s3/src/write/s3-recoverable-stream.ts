import { MillraceError } from '@millrace/core/spi'
import type { JsonValue, RecoverableStream } from '@millrace/core/spi'
import type { ByteBudget } from '../client/byte-budget.ts'
import type { S3Requests } from '../client/s3-requests.ts'
import { deleteObjects } from '../list/delete-objects.ts'
import { formatPath } from '../s3-path.ts'
import { hiddenPrefix, hiddenSuffix } from './hidden-name.ts'
import { abortUpload, uploadPart } from './multipart-upload.ts'
import type { MultipartUpload } from './multipart-upload.ts'
import { MAX_PARTS, partBytesAt } from './part-size.ts'
import { putObject } from './put-object.ts'
import { formatToken } from './upload-token.ts'
import type { UploadedPart } from './upload-token.ts'

/** Where a stream begins: empty for a new upload. */
export interface StreamStart {
  readonly id: string
  readonly upload: MultipartUpload
  readonly parts: readonly UploadedPart[]
  /** No attempt has used it or a higher one. */
  readonly nextPart: number
  /** What was written after the parts. */
  readonly tail: Uint8Array
  readonly tails: readonly string[]
}

interface SealedPart {
  readonly number: number
  readonly bytes: Uint8Array
}

/**
 * How long closing waits for what is under way. A request that is broken off may still take effect, and must not do so after a successor
 * has looked at what there is: its part would replace the successor's, its tail would be nobody's.
 */
const CLOSE_MS = 10_000

/**
 * Gathers bytes into parts, which are uploaded several at a time while more is written. Parts are numbered upwards across attempts, so
 * that a request of an attempt that was given up never replaces what a later one has uploaded.
 */
export class S3RecoverableStream implements RecoverableStream {
  readonly path: string
  position: number
  readonly #requests: S3Requests
  readonly #budget: ByteBudget
  readonly #id: string
  readonly #upload: MultipartUpload
  readonly #tails: string[]
  readonly #stop = new AbortController()
  readonly #uploaded: UploadedPart[]
  #nextPart: number
  /** Written, and not enough for a part yet. */
  #open: Uint8Array[]
  #openBytes: number
  /** Full, and waiting for their turn. */
  #sealed: SealedPart[] = []
  readonly #uploading = new Set<Promise<void>>()
  /** While the next part waits for its share of the budget. */
  #granting: Promise<void> | undefined
  /** The tail that is being kept. */
  #keeping: Promise<string | null> = Promise.resolve(null)
  #failure: MillraceError | undefined
  #closed = false

  constructor(requests: S3Requests, budget: ByteBudget, { id, upload, parts, nextPart, tail, tails }: StreamStart) {
    this.path = formatPath(upload.location)
    this.position = parts.reduce((sum, { bytes }) => sum + bytes, tail.length)
    this.#requests = requests
    this.#budget = budget
    this.#id = id
    this.#upload = upload
    this.#uploaded = [...parts]
    this.#nextPart = nextPart
    this.#open = tail.length === 0 ? [] : [tail]
    this.#openBytes = tail.length
    this.#tails = [...tails]
  }

  write(bytes: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#closed) throw this.#isClosed()
    if (bytes.length === 0) return
    this.#open.push(bytes)
    this.#openBytes += bytes.length
    this.position += bytes.length
    let partBytes = this.#partBytes()
    if (this.#openBytes < partBytes) return
    const gathered = this.#takeOpen()
    let start = 0
    for (; gathered.length - start >= partBytes; partBytes = this.#partBytes()) {
      this.#seal(gathered.subarray(start, start + partBytes))
      start += partBytes
    }
    // A copy, or the rest would keep the memory of the whole.
    if (start < gathered.length) this.#open.push(new Uint8Array(gathered.subarray(start)))
    this.#openBytes = gathered.length - start
    this.#startUploads()
  }

  ready(): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return this.#sealed.length > 0 ? this.#untilStarted() : undefined
  }

  async persist(): Promise<JsonValue> {
    this.#requireOpen()
    const length = this.position
    const lastPart = this.#nextPart
    const tail = Buffer.concat(this.#open)
    if (tail.length > 0) this.#keeping = this.#putTail(tail)
    const [suffix] = await Promise.all([tail.length === 0 ? null : this.#keeping, this.#settle()])
    const parts = this.#uploaded.filter(({ number }) => number < lastPart)
    return this.#token(parts, suffix, length)
  }

  async closeForCommit(): Promise<JsonValue> {
    this.#requireOpen()
    if (this.#openBytes > 0) this.#seal(this.#takeOpen())
    this.#startUploads()
    await this.#settle()
    this.#closed = true
    return this.#token(this.#uploaded, null, this.position)
  }

  async abandon(): Promise<void> {
    await this.close()
    await abortUpload(this.#requests, this.#upload)
    await this.#deleteTails()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#open = []
    this.#sealed = []
    const cancel = this.#requests.config.clock.schedule(CLOSE_MS, () => this.#stop.abort(this.#isClosed()))
    await Promise.allSettled([this.#keeping, ...this.#uploading])
    cancel()
  }

  #partBytes(): number {
    return partBytesAt(this.#nextPart, this.#requests.config.partBytes)
  }

  #takeOpen(): Buffer {
    const gathered = Buffer.concat(this.#open)
    this.#open = []
    this.#openBytes = 0
    return gathered
  }

  #seal(bytes: Uint8Array): void {
    if (this.#nextPart > MAX_PARTS) {
      const message = `Cannot write ${this.path}: expected at most ${MAX_PARTS} parts, and there are as many. Let the sink begin new files earlier, or raise partBytes of s3FileSystem`
      throw new MillraceError('S3_TOO_LARGE', message, { origin: 'user', at: { file: this.path } })
    }
    this.#sealed.push({ number: this.#nextPart++, bytes })
  }

  #startUploads(): void {
    for (let next = this.#sealed[0]; next !== undefined && this.#granting === undefined; next = this.#sealed[0]) {
      if (this.#uploading.size >= this.#requests.config.concurrency) return
      const { length } = next.bytes
      if (this.#budget.tryTake(length)) this.#startNext(length)
      else this.#granting = this.#budget.take(length).then(() => this.#startNext(length))
    }
  }

  /** Uses `granted` bytes of the budget for the next part, or gives them back if there is none any more. */
  #startNext(granted: number): void {
    this.#granting = undefined
    const part = this.#sealed.shift()
    if (part === undefined) {
      this.#budget.giveBack(granted)
      return
    }
    const uploading = this.#uploadOne(part).finally(() => {
      this.#uploading.delete(uploading)
      this.#budget.giveBack(granted)
      this.#startUploads()
    })
    this.#uploading.add(uploading)
  }

  /** Never rejects: what fails is kept in #failure, which every later call reports. */
  async #uploadOne({ number, bytes }: SealedPart): Promise<void> {
    try {
      this.#uploaded.push(await uploadPart(this.#requests, this.#upload, number, bytes, this.#stop.signal))
    } catch (error) {
      this.#failure ??= MillraceError.wrap(error, 'FS_IO', `Cannot write ${this.path}`, { origin: 'external', at: { file: this.path } })
      this.#sealed = []
    }
  }

  async #untilStarted(): Promise<void> {
    while (this.#sealed.length > 0) await this.#progress()
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Until everything that is sealed has been uploaded. */
  async #settle(): Promise<void> {
    while (this.#sealed.length > 0 || this.#uploading.size > 0) await this.#progress()
    if (this.#failure !== undefined) throw this.#failure
  }

  async #progress(): Promise<void> {
    await Promise.race(this.#granting === undefined ? this.#uploading : [...this.#uploading, this.#granting])
  }

  async #putTail(tail: Uint8Array): Promise<string> {
    const suffix = hiddenSuffix()
    this.#tails.push(suffix) // before it exists, so that it goes with the upload whatever becomes of the request
    const { location } = this.#upload
    const key = hiddenPrefix(location.key, this.#id) + suffix
    await putObject(this.#requests, { bucket: location.bucket, key }, tail, { doing: 'keep what was written of', ifAbsent: false, writerId: this.#id, signal: this.#stop.signal })
    return suffix
  }

  #deleteTails(): Promise<void> {
    const { location } = this.#upload
    const prefix = hiddenPrefix(location.key, this.#id)
    return deleteObjects(
      this.#requests,
      location.bucket,
      this.#tails.map((suffix) => prefix + suffix),
    )
  }

  #token(parts: readonly UploadedPart[], tail: string | null, length: number): JsonValue {
    const ordered = parts.toSorted((a, b) => a.number - b.number)
    return formatToken({ path: this.path, id: this.#id, uploadId: this.#upload.uploadId, parts: ordered, tail, length, tails: [...this.#tails] })
  }

  #requireOpen(): void {
    if (this.#closed) throw this.#isClosed()
  }

  #isClosed(): MillraceError {
    return new MillraceError('FS_IO', `Cannot write ${this.path}: the stream was closed or abandoned before`, { origin: 'engine', at: { file: this.path } })
  }
}

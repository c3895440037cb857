import type { Readable } from 'node:stream'

interface Receiver {
  readonly take: (chunk: Uint8Array) => boolean
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

/**
 * The content of one answer, in stretches; paused between them, so that nothing is held here. Listens to events: an async iterator takes
 * a tenth more time.
 */
export class ResponseBody {
  readonly #body: Readable
  #receiver: Receiver | undefined
  #ended = false
  #failure: unknown

  constructor(body: Readable) {
    this.#body = body
    body.on('data', (chunk: Uint8Array) => this.#receive(chunk))
    body.on('end', () => this.#end(undefined))
    body.on('error', (error) => this.#end(error))
    body.on('close', () => this.#end(new Error('the connection was closed before the end of the answer')))
    body.pause()
  }

  /** Nothing more will come. It may have broken off while nobody was waiting: servers end answers that nobody reads. */
  get ended(): boolean {
    return this.#ended
  }

  /**
   * Hands over chunks until `take` returns false, or all have come. Rejects when the answer breaks off, or its checksum is wrong. One
   * stretch at a time. Destroys the body when `signal` aborts.
   */
  async receive(take: (chunk: Uint8Array) => boolean, signal: AbortSignal): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#ended) return
    const stop = (): void => void this.#body.destroy(new Error('aborted'))
    signal.addEventListener('abort', stop, { once: true })
    try {
      await new Promise<void>((resolve, reject) => {
        this.#receiver = { take, resolve, reject }
        if (signal.aborted) stop()
        else this.#body.resume()
      })
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  /** All has been taken: lets the end come, after which the connection can be used again. */
  release(): void {
    this.#body.resume()
  }

  destroy(): void {
    this.#body.destroy()
  }

  #receive(chunk: Uint8Array): void {
    const receiver = this.#receiver
    if (receiver === undefined || receiver.take(chunk)) return
    this.#receiver = undefined
    this.#body.pause()
    receiver.resolve()
  }

  #end(failure: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#failure = failure
    const receiver = this.#receiver
    this.#receiver = undefined
    if (failure === undefined) receiver?.resolve()
    else receiver?.reject(failure)
  }
}

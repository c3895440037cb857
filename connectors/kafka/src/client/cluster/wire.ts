/** One encoded request. */
export interface WireRequest {
  readonly apiKey: number
  readonly apiVersion: number
  /** All that follows the client id, to be sent one after the other. Must stay as it is until the answer comes. */
  readonly body: readonly Uint8Array[]
  readonly timeoutMs: number
  /** False: the broker does not answer this one. */
  readonly answered: boolean
}

/** One socket to one broker, for encoded requests. Several may be under way; their answers come in order. */
export interface Wire {
  readonly open: boolean
  /** Resolves with what follows the correlation id; without an answer when the request is sent. Rejects if the wire breaks or the time is up. */
  request(request: WireRequest): Promise<Buffer>
  /** At once; requests under way reject. */
  close(): void
}

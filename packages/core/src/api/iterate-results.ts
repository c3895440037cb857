import type { RunOptions } from '../environment/run-options.ts'
import { defineSink } from '../spi/define-sink.ts'
import type { Sink } from '../spi/sink.ts'
import { executorOf } from './collect-results.ts'
import type { JobDraft } from './stream-handle.ts'

/** Records between the job and the loop; beyond that the job waits. */
const BUFFERED = 1_024

/** Ends a stream in a sink that hands its records to a loop, and runs the job while the loop goes on. */
export async function* iterateResults<T>(job: JobDraft, sinkTo: (sink: Sink<T>) => void, options: RunOptions): AsyncGenerator<T, void, undefined> {
  const execute = executorOf(job)
  const stop = new AbortController()
  const buffer = new ResultBuffer<T>()
  sinkTo(bufferSink(buffer))
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal])
  const ended = execute(job.build(), { ...options, signal })
  const close = (): void => buffer.close()
  ended.then(close, close)
  try {
    for (let batch = await buffer.take(); batch !== undefined; batch = await buffer.take()) yield* batch
    await ended
  } finally {
    stop.abort()
    buffer.close()
    // who leaves the loop waits until the job has let go of everything; how it ended then no longer matters
    await ended.catch(() => undefined)
  }
}

class ResultBuffer<T> {
  #results: T[] = []
  #closed = false
  #taken = Promise.withResolvers<void>()
  #news = Promise.withResolvers<void>()

  add(result: T): void {
    this.#results.push(result)
    this.#news.resolve()
  }

  /** For the writer: resolves when there is room. */
  ready(): Promise<void> | undefined {
    return this.#results.length < BUFFERED || this.#closed ? undefined : this.#taken.promise
  }

  /** Everything there is, at least one; undefined after the last. */
  async take(): Promise<readonly T[] | undefined> {
    if (this.#results.length === 0 && !this.#closed) await this.#news.promise
    this.#news = Promise.withResolvers()
    const results = this.#results
    this.#results = []
    this.#taken.resolve()
    this.#taken = Promise.withResolvers()
    return results.length === 0 ? undefined : results
  }

  close(): void {
    this.#closed = true
    this.#news.resolve()
    this.#taken.resolve()
  }
}

function bufferSink<T>(buffer: ResultBuffer<T>): Sink<T> {
  return defineSink({ name: 'iterate', createWriter: () => ({ write: (value) => buffer.add(value), ready: () => buffer.ready(), flush: () => undefined }) })
}

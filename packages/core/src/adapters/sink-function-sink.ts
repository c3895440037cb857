import { defineSink } from '../spi/define-sink.ts'
import type { RunningSink, SinkFunction } from '../spi/sink-function.ts'
import type { Sink, SinkWriter } from '../spi/sink.ts'

/** A SinkFunction as a Sink: records are invoked one at a time and in order, also when `invoke` returns promises. */
export function sinkFunctionSink<T>(sink: SinkFunction<T>): Sink<T> {
  return defineSink<T>({
    name: sink.name,
    async createWriter({ subtaskIndex, parallelism, signal }) {
      return sinkFunctionWriter(await sink.open({ subtaskIndex, parallelism, signal }))
    },
  })
}

function sinkFunctionWriter<T>(running: RunningSink<T>): SinkWriter<T, never, never> {
  /** What arrived while a promise of `invoke` is pending: at most the rest of the batch, then `ready` holds input back. */
  const waiting: { readonly value: T; readonly timestamp: number }[] = []
  let pending: Promise<void> | undefined

  const drain = async (first: Promise<void>): Promise<void> => {
    await first
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await running.invoke(next.value, next.timestamp)
    pending = undefined
  }

  return {
    write(value, timestamp) {
      if (pending !== undefined) {
        waiting.push({ value, timestamp })
        return
      }
      const result = running.invoke(value, timestamp)
      if (result === undefined) return
      pending = drain(result)
      pending.catch(() => undefined) // reported by ready or flush, whichever is asked first; until then it is not unhandled
    },
    ready: () => pending,
    async flush() {
      await pending
      await running.flush?.()
    },
    close: () => running.close?.(),
  }
}

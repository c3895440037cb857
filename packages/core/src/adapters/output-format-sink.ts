import { defineSink } from '../spi/define-sink.ts'
import type { OutputFormat } from '../spi/output-format.ts'
import type { Sink } from '../spi/sink.ts'

/** An OutputFormat as a Sink. It is told `failed` unless its input came to an end before it was closed. */
export function outputFormatSink<T>(format: OutputFormat<T>): Sink<T> {
  return defineSink<T>({
    name: format.name,
    async createWriter({ subtaskIndex, parallelism, signal }) {
      const output = await format.open({ subtaskIndex, parallelism, signal })
      let ended = false
      return {
        write: (value) => output.writeRecord(value),
        ready: () => output.ready?.(),
        async flush(endOfInput) {
          await output.flush?.()
          ended = endOfInput
        },
        close: () => output.close(!ended),
      }
    },
  })
}

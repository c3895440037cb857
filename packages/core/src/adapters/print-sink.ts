import { inspect } from 'node:util'
import { defineSink } from '../spi/define-sink.ts'
import type { Sink } from '../spi/sink.ts'

/** What the print sink needs of a stream such as `process.stdout`. */
export interface TextOutput {
  write(text: string, done: (error?: Error | null) => void): boolean
}

/** Writes each record as a line, a whole batch at once. Strings as they are, everything else as `util.inspect` shows it. */
export function printSink(prefix?: string, output?: TextOutput): Sink<unknown> {
  const start = prefix === undefined ? '' : `${prefix}> `
  return defineSink<unknown>({
    name: 'print',
    createWriter() {
      const target = output ?? process.stdout
      let lines = ''
      const writeOut = (): Promise<void> | undefined => {
        if (lines === '') return undefined
        const text = lines
        lines = ''
        return new Promise((resolve, reject) => target.write(text, (error) => (error ? reject(error) : resolve())))
      }
      return {
        write(value) {
          lines += `${start}${typeof value === 'string' ? value : inspect(value, { breakLength: Infinity, depth: 6 })}\n`
        },
        ready: writeOut,
        flush: writeOut,
      }
    },
  })
}

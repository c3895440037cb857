import { describe, test } from 'vitest'
import { printSink } from '../../src/adapters/print-sink.ts'
import { collectingSink } from '../../src/testing/collecting-sink.ts'
import { sinkFunctionSuite } from '../../src/testing/function-suites.ts'
import { outputFormatSuite } from '../../src/testing/output-format-suite.ts'
import { sinkSuite } from '../../src/testing/sink-suite.ts'

const record = (index: number): string => `record ${index}`
const runner = { describe, test }

describe('collecting sink, exactly once', () =>
  sinkSuite(runner, {
    record,
    guarantee: 'exactlyOnce',
    open() {
      const sink = collectingSink<string>()
      return { createSink: () => sink, published: () => sink.values }
    },
  }))

describe('collecting sink, at least once', () =>
  sinkSuite(runner, {
    record,
    guarantee: 'atLeastOnce',
    open() {
      const sink = collectingSink<string>({ guarantee: 'atLeastOnce' })
      return { createSink: () => sink, published: () => sink.values }
    },
  }))

describe('print sink', () =>
  sinkSuite(runner, {
    record,
    guarantee: 'atLeastOnce',
    open() {
      let text = ''
      const output = {
        write(chunk: string, done: (error?: Error | null) => void) {
          text += chunk
          setImmediate(done)
          return true
        },
      }
      return { createSink: () => printSink(undefined, output), published: () => text.split('\n').slice(0, -1) }
    },
  }))

describe('output format', () =>
  outputFormatSuite(runner, {
    record,
    open() {
      const out: string[] = []
      return {
        published: () => out,
        createOutput: () => ({
          kind: 'output-format',
          name: 'array',
          open() {
            const buffer: string[] = []
            const flush = (): void => void out.push(...buffer.splice(0))
            return { writeRecord: (value: string) => void buffer.push(value), flush, close: flush }
          },
        }),
      }
    },
  }))

describe('sink function', () =>
  sinkFunctionSuite(runner, {
    record,
    open() {
      const out: string[] = []
      return {
        published: () => out,
        createFunction: () => ({
          kind: 'sink-function',
          name: 'array',
          open: () => ({
            async invoke(value: string) {
              if (out.length % 5 === 0) await new Promise(setImmediate)
              out.push(value)
            },
          }),
        }),
      }
    },
  }))

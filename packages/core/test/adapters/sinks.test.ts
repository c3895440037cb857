import { expect, test } from 'vitest'
import { outputFormatSink } from '../../src/adapters/output-format-sink.ts'
import { printSink } from '../../src/adapters/print-sink.ts'
import { sinkFunctionSink } from '../../src/adapters/sink-function-sink.ts'
import type { SinkFunction } from '../../src/spi/sink-function.ts'
import type { Sink, SinkWriter, SinkWriterContext } from '../../src/spi/sink.ts'

const writerOf = async <T>(sink: Sink<T>): Promise<SinkWriter<T>> => sink.createWriter({ subtaskIndex: 1, parallelism: 2, signal: new AbortController().signal } as SinkWriterContext, [])

function sinkFunction(log: string[], invoke: (value: number) => void | Promise<void>): SinkFunction<number> {
  return {
    kind: 'sink-function',
    name: 'function',
    open: ({ subtaskIndex, parallelism }) => {
      log.push(`open ${subtaskIndex}/${parallelism}`)
      return { invoke, flush: () => void log.push('flush'), close: () => void log.push('close') }
    },
  }
}

test('a synchronous sink function never holds input back', async () => {
  const log: string[] = []
  const writer = await writerOf(sinkFunctionSink(sinkFunction(log, (value) => void log.push(`${value}`))))
  writer.write(1, 0)
  writer.write(2, 0)
  expect(writer.ready?.()).toBeUndefined()
  await writer.flush(false)
  await writer.close?.()
  expect(log).toEqual(['open 1/2', '1', '2', 'flush', 'close'])
})

test('an asynchronous one gets records one at a time and in order, and input waits', async () => {
  const log: string[] = []
  const gates: PromiseWithResolvers<void>[] = []
  const writer = await writerOf(
    sinkFunctionSink(
      sinkFunction(log, async (value) => {
        const gate = Promise.withResolvers<void>()
        gates.push(gate)
        log.push(`start ${value}`)
        await gate.promise
        log.push(`end ${value}`)
      }),
    ),
  )
  writer.write(1, 0)
  writer.write(2, 0)
  const ready = writer.ready?.()
  expect(ready).toBeInstanceOf(Promise)
  const flushed = writer.flush(true)
  gates[0]?.resolve()
  await new Promise((resolve) => setImmediate(resolve))
  expect(log).toEqual(['open 1/2', 'start 1', 'end 1', 'start 2'])
  gates[1]?.resolve()
  await Promise.all([ready, flushed])
  expect(log.slice(4)).toEqual(['end 2', 'flush'])
  expect(writer.ready?.()).toBeUndefined()
})

test('a rejection reaches ready and flush', async () => {
  const writer = await writerOf(sinkFunctionSink(sinkFunction([], () => Promise.reject(new Error('down')))))
  writer.write(1, 0)
  await new Promise((resolve) => setImmediate(resolve))
  await expect(writer.ready?.()).rejects.toThrow('down')
  await expect(writer.flush(false)).rejects.toThrow('down')
})

test.each([
  ['its input ended', true, 'close false'],
  ['it failed before', false, 'close true'],
])('an output format is told whether %s', async (_what, endOfInput, expected) => {
  const log: string[] = []
  const writer = await writerOf(
    outputFormatSink<number>({
      kind: 'output-format',
      name: 'format',
      open: async () => ({ writeRecord: (value) => void log.push(`${value}`), flush: () => void log.push('flush'), close: (failed) => void log.push(`close ${failed}`) }),
    }),
  )
  writer.write(1, 0)
  expect(writer.ready?.()).toBeUndefined()
  await writer.flush(endOfInput)
  await writer.close?.()
  expect(log).toEqual(['1', 'flush', expected])
})

test('print writes a line per record and a batch at once', async () => {
  const written: string[] = []
  const output = {
    write(text: string, done: () => void) {
      written.push(text)
      done()
      return true
    },
  }
  const writer = await writerOf(printSink('out', output))
  for (const value of ['a', { b: 1n, c: [null] }]) writer.write(value, 0)
  expect(written).toEqual([])
  await writer.ready?.()
  expect(written).toEqual(['out> a\nout> { b: 1n, c: [ null ] }\n'])
  expect(writer.ready?.()).toBeUndefined()
  const plain = await writerOf(printSink(undefined, output))
  plain.write('x', 0)
  await plain.flush(true)
  expect(written[1]).toBe('x\n')
})

test('print reports an output that cannot be written', async () => {
  const writer = await writerOf(printSink(undefined, { write: (_text, done) => (done(new Error('closed')), false) }))
  writer.write('x', 0)
  await expect(writer.ready?.()).rejects.toThrow('closed')
})

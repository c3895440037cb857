import { expect, test } from 'vitest'
import { sourceFunctionSource } from '../../src/adapters/source-function-source.ts'
import { createFileSystems } from '../../src/file-system/file-systems.ts'
import { silentLogger } from '../../src/environment/logger.ts'
import type { SourceFunctionContext } from '../../src/spi/source-function.ts'
import { types } from '../../src/index.ts'

test('a poll in between does not make a waiting task miss the next record', async () => {
  const begun = Promise.withResolvers<SourceFunctionContext<number>>()
  const ended = Promise.withResolvers<void>()
  const run = (context: SourceFunctionContext<number>): Promise<void> => {
    begun.resolve(context)
    return ended.promise
  }
  const source = sourceFunctionSource<number>({ kind: 'source-function', name: 'push', type: types.long(), open: () => ({ run }) })
  const aborted = new AbortController()
  const metrics = { counter: () => ({ value: 0 }), gauge() {}, group: () => metrics }
  const surroundings = { subtaskIndex: 0, parallelism: 1, bounded: true, signal: aborted.signal, fileSystems: createFileSystems(), logger: silentLogger, metrics, now: () => 0 }
  const reader = source.createReader(surroundings)
  const seen: unknown[] = []
  const output = { collect: (value: unknown) => seen.push(value), emitWatermark() {}, markIdle() {}, reject() {}, forSplit: () => output, releaseSplit() {} }
  reader.addSplits([{ id: '0', index: 0, count: 1, finished: false, pending: [] } as never])
  expect(reader.poll(output as never, 10)).toBe('pending')
  const available = reader.available(aborted.signal)
  expect(reader.poll(output as never, 10)).toBe('pending')
  const context = await begun.promise
  context.collect(7)
  await available
  expect(reader.poll(output as never, 10)).toBe('pending')
  expect(seen).toEqual([7])
  ended.resolve()
  await reader.available(aborted.signal)
  expect(reader.poll(output as never, 10)).toBe('end')
})

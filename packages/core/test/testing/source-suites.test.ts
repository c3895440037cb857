import { describe, test } from 'vitest'
import { collectionSource } from '../../src/adapters/collection-source.ts'
import type { InputFormat } from '../../src/spi/input-format.ts'
import type { SourceFunction } from '../../src/spi/source-function.ts'
import { sourceFunctionSuite } from '../../src/testing/function-suites.ts'
import { inputFormatSuite } from '../../src/testing/input-format-suite.ts'
import { end } from '../../src/testing/script.ts'
import { scriptedSource } from '../../src/testing/scripted-source.ts'
import { sourceSuite } from '../../src/testing/source-suite.ts'

interface Reading {
  readonly split: number
  readonly index: number
}
const record = (split: number, index: number): Reading => ({ split, index })
const runner = { describe, test }

describe('collection source', () => sourceSuite(runner, { record, maxSplits: 1, createSource: (splits) => collectionSource(splits.flat()) }))

describe('scripted source', () => sourceSuite(runner, { record, createSource: (splits) => scriptedSource<Reading>(...splits.map((records) => [...records, end])) }))

describe('scripted source without end', () => sourceSuite(runner, { record, createSource: (splits) => scriptedSource<Reading>(...splits) }))

/** Batches of seven, read asynchronously. */
const batches = (splits: readonly (readonly Reading[])[]): InputFormat<Reading> => ({
  kind: 'input-format',
  name: 'batches',
  createSplits: async () => splits.map((_, index) => ({ id: `split-${index}`, index })),
  async *open(split, { from }) {
    const records = splits[split['index'] as number] ?? []
    for (let next = (from as number | undefined) ?? 0; next < records.length; next += 7) {
      await new Promise(setImmediate)
      yield { values: records.slice(next, next + 7), position: next + 7 }
    }
  },
})
describe('input format', () => inputFormatSuite(runner, { record, createInput: batches }))

const counting = (splits: readonly (readonly Reading[])[]): SourceFunction<Reading> => ({
  kind: 'source-function',
  name: 'counting',
  open(restored) {
    const records = splits.flat()
    let next = (restored as number | undefined) ?? 0
    return {
      async run(context) {
        while (next < records.length && !context.signal.aborted) {
          context.collect(records[next++] as Reading)
          if (next % 3 === 0) await context.ready()
          if (next % 11 === 0) await new Promise(setImmediate)
        }
      },
      snapshotState: () => next,
    }
  },
})
describe('source function', () => sourceFunctionSuite(runner, { record, maxSplits: 1, createFunction: counting }))

import assert from 'node:assert/strict'
import { inputFormatSource } from '../adapters/input-format-source.ts'
import type { InputFormat } from '../spi/input-format.ts'
import { assertSame, sourceSuite, type SourceTestContext } from './source-suite.ts'
import { suite, type SuiteRunner } from './suite-runner.ts'

/** As for a source. */
export interface InputFormatTestContext<T> extends Omit<SourceTestContext<T>, 'createSource'> {
  createInput(splits: readonly (readonly T[])[]): InputFormat<T> | Promise<InputFormat<T>>
}

/** What every InputFormat must do: be a good source, and resume after any of its batches. */
export function inputFormatSuite<T>(runner: SuiteRunner, context: InputFormatTestContext<T>): void {
  sourceSuite(runner, { ...context, createSource: async (splits) => inputFormatSource(await context.createInput(splits)) })
  suite(runner, 'input format', (test) => {
    const records = Array.from({ length: Math.min(3, context.maxSplits ?? 3) }, (_, split) => Array.from({ length: 25 }, (_record, index) => context.record(split, index)))
    const on = (name: string, body: (format: InputFormat<T>) => Promise<void>): void => {
      test(name, async () => {
        try {
          await body(await context.createInput(records))
        } finally {
          await context.cleanup?.()
        }
      })
    }
    const { signal } = new AbortController()
    on('has splits with ids of their own, the same each time', async (format) => {
      const ids = (await format.createSplits(2, signal)).map(({ id }) => id)
      assert.equal(new Set(ids).size, ids.length)
      assert.deepEqual((await format.createSplits(2, signal)).map(({ id }) => id), ids)
    })
    on('splits and positions survive as JSON, and reading resumes after any batch', async (format) => {
      const all: T[] = []
      for (const split of await format.createSplits(2, signal)) {
        const stored = JSON.parse(JSON.stringify(split)) as typeof split
        const batches = []
        for await (const batch of format.open(stored, { from: undefined, signal })) batches.push(batch)
        all.push(...batches.flatMap(({ values }) => values))
        for (const [index, { position }] of batches.entries()) {
          const rest: T[] = []
          const from = JSON.parse(JSON.stringify(position)) as typeof position
          for await (const batch of format.open(stored, { from, signal })) rest.push(...batch.values)
          assert.deepEqual(rest, batches.slice(index + 1).flatMap(({ values }) => values))
        }
      }
      assertSame(all, records.flat())
    })
    on('stops reading when it is given up', async (format) => {
      const [split] = await format.createSplits(1, signal)
      assert.ok(split)
      const batches = format.open(split, { from: undefined, signal })[Symbol.asyncIterator]()
      await batches.next()
      await batches.return?.()
      assert.equal((await batches.next()).done, true)
    })
  })
}

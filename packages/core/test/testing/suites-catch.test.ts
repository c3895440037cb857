import { describe, expect, test } from 'vitest'
import { defineSink } from '../../src/spi/define-sink.ts'
import type { Sink } from '../../src/spi/sink.ts'
import { defineSource } from '../../src/spi/define-source.ts'
import type { Source } from '../../src/spi/source.ts'
import { type CollectingSink, collectingSink } from '../../src/testing/collecting-sink.ts'
import { sinkSuite } from '../../src/testing/sink-suite.ts'
import { sourceSuite } from '../../src/testing/source-suite.ts'
import type { SuiteRunner } from '../../src/testing/suite-runner.ts'

/** The names of the cases that a suite fails. */
async function failedCases(register: (runner: SuiteRunner) => void): Promise<string[]> {
  const cases: { readonly name: string; readonly body: () => Promise<void> }[] = []
  register({ test: (name, body) => cases.push({ name, body: async () => body({ skip: () => undefined }) }) })
  const failed: string[] = []
  for (const { name, body } of cases) {
    try {
      await body()
    } catch {
      failed.push(name)
    }
  }
  return failed
}

interface Split {
  readonly id: string
  readonly next: number
}

/** A list source, with one thing wrong. */
function listSource(splits: readonly (readonly string[])[], wrong: 'position' | 'lost split' | 'repeated' | 'nothing'): Source<string> {
  return defineSource<string, Split>({
    name: 'list',
    bounded: true,
    discover: async () => splits.map((_, index) => ({ id: String(index), next: 0 })),
    createReader() {
      let open: { readonly id: string; next: number }[] = []
      return {
        addSplits: (added) => void open.push(...added.map((split) => ({ ...split }))),
        snapshotSplits() {
          if (wrong === 'lost split') return open.slice(1)
          return open.map(({ id, next }) => ({ id, next: wrong === 'position' ? next + 1 : wrong === 'repeated' ? 0 : next }))
        },
        poll(output, maxRecords) {
          const [split] = open
          if (split === undefined) return 'end'
          const records = splits[Number(split.id)] ?? []
          for (let left = maxRecords; left > 0 && split.next < records.length; left--) output.collect(records[split.next++] as string)
          if (split.next === records.length) open = open.slice(1)
          return 'more'
        },
        available: () => Promise.resolve(),
      }
    },
  })
}

describe('the source suite', () => {
  const failing = (wrong: Parameters<typeof listSource>[1]): Promise<string[]> =>
    failedCases((runner) => sourceSuite(runner, { record: (split, index) => `${split}-${index}`, createSource: (splits) => listSource(splits, wrong) }))
  test('passes a correct source', async () => expect(await failing('nothing')).toEqual([]))
  test.each(['position', 'lost split', 'repeated'] as const)('catches a wrong snapshot: %s', async (wrong) => {
    const failed = (await failing(wrong)).join()
    for (const name of ['savepoint', 'failure', 'snapshots taken anywhere']) expect(failed).toContain(name)
  })
})

describe('the sink suite', () => {
  const failing = (change: (sink: CollectingSink<string>) => Sink<string>): Promise<string[]> =>
    failedCases((runner) =>
      sinkSuite(runner, {
        record: (index) => `r${index}`,
        guarantee: 'exactlyOnce',
        open() {
          const sink = collectingSink<string>()
          return { createSink: () => change(sink), published: () => sink.values }
        },
      }),
    )
  test('passes a correct sink', async () => expect(await failing((sink) => sink)).toEqual([]))
  test('catches one that publishes what it writes', async () => {
    const failed = (
      await failing((sink) => defineSink<string>({ name: 'eager', createWriter: () => ({ write: (value) => void (sink.values as string[]).push(value), flush: () => undefined }), createCommitter: () => ({ commit: () => undefined }) }))
    ).join()
    for (const name of ['what came before it', 'after failures', 'closing a writer']) expect(failed).toContain(name)
  })
  test('catches one whose commit is not idempotent', async () => {
    const failed = await failing((sink) =>
      defineSink<string, readonly string[]>({
        name: 'forgetful',
        createWriter() {
          let written: string[] = []
          return {
            write: (value) => void written.push(value),
            flush: () => undefined,
            prepareCommit() {
              const batch = written
              written = []
              return [batch]
            },
          }
        },
        createCommitter: () => ({ commit: (committables) => void (sink.values as string[]).push(...committables.flat()) }),
      }),
    )
    expect(failed.join()).toContain('committing twice')
  })
  test('catches one that loses what it had not committed', async () => {
    const failed = (await failing((sink) => ({ ...sink, createCommitter: () => ({ commit: () => undefined }) }))).join()
    expect(failed).toContain('publishes every record')
  })
})

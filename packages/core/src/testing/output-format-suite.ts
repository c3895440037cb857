import assert from 'node:assert/strict'
import { outputFormatSink } from '../adapters/output-format-sink.ts'
import type { OutputFormat } from '../spi/output-format.ts'
import { sinkSuite, type SinkFixture, type SinkTestContext } from './sink-suite.ts'
import { assertSame } from './source-suite.ts'
import { suite, type SuiteRunner } from './suite-runner.ts'

export interface OutputFormatFixture<T> extends Omit<SinkFixture<T>, 'createSink'> {
  createOutput(): OutputFormat<T>
}

/** As for a sink, which is at-least-once here. */
export interface OutputFormatTestContext<T> extends Omit<SinkTestContext<T>, 'open' | 'guarantee'> {
  open(): OutputFormatFixture<T> | Promise<OutputFormatFixture<T>>
}

/** What every OutputFormat must do: be a good sink, and have everything out once it is closed. */
export function outputFormatSuite<T>(runner: SuiteRunner, context: OutputFormatTestContext<T>): void {
  sinkSuite(runner, {
    ...context,
    guarantee: 'atLeastOnce',
    async open() {
      const fixture = await context.open()
      return {
        createSink: () => outputFormatSink(fixture.createOutput()),
        published: () => fixture.published(),
        cleanup: () => fixture.cleanup?.(),
      }
    },
  })
  suite(runner, 'output format', (test) => {
    test('what was written is out once it is closed', async () => {
      const fixture = await context.open()
      try {
        const records = Array.from({ length: 20 }, (_, index) => context.record(index))
        const { signal } = new AbortController()
        for (const subtaskIndex of [0, 1]) {
          const output = await fixture.createOutput().open({ subtaskIndex, parallelism: 2, signal })
          for (const record of records.filter((_, index) => index % 2 === subtaskIndex)) output.writeRecord(record)
          await output.ready?.()
          await output.flush?.()
          await output.close(false)
        }
        assertSame(await fixture.published(), records)
      } finally {
        await fixture.cleanup?.()
      }
    })
    test('closing after a failure is no error', async () => {
      const fixture = await context.open()
      try {
        const abort = new AbortController()
        const output = await fixture.createOutput().open({ subtaskIndex: 0, parallelism: 1, signal: abort.signal })
        output.writeRecord(context.record(0))
        abort.abort()
        assert.equal(await output.close(true), undefined)
      } finally {
        await fixture.cleanup?.()
      }
    })
  })
}

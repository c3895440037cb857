import { sinkFunctionSink } from '../adapters/sink-function-sink.ts'
import { sourceFunctionSource } from '../adapters/source-function-source.ts'
import type { SinkFunction } from '../spi/sink-function.ts'
import type { SourceFunction } from '../spi/source-function.ts'
import { sinkSuite, type SinkFixture, type SinkTestContext } from './sink-suite.ts'
import { sourceSuite, type SourceTestContext } from './source-suite.ts'
import type { SuiteRunner } from './suite-runner.ts'

/** As for a source. The function must implement `snapshotState`: without it nothing is promised over failures. */
export interface SourceFunctionTestContext<T> extends Omit<SourceTestContext<T>, 'createSource'> {
  createFunction(splits: readonly (readonly T[])[]): SourceFunction<T> | Promise<SourceFunction<T>>
}

/** What every SourceFunction must do that can be replayed. */
export function sourceFunctionSuite<T>(runner: SuiteRunner, context: SourceFunctionTestContext<T>): void {
  sourceSuite(runner, { ...context, createSource: async (splits) => sourceFunctionSource(await context.createFunction(splits)) })
}

export interface SinkFunctionFixture<T> extends Omit<SinkFixture<T>, 'createSink'> {
  createFunction(): SinkFunction<T>
}

/** As for a sink, which is at-least-once here. */
export interface SinkFunctionTestContext<T> extends Omit<SinkTestContext<T>, 'open' | 'guarantee'> {
  open(): SinkFunctionFixture<T> | Promise<SinkFunctionFixture<T>>
}

/** What every SinkFunction must do. */
export function sinkFunctionSuite<T>(runner: SuiteRunner, context: SinkFunctionTestContext<T>): void {
  sinkSuite(runner, {
    ...context,
    guarantee: 'atLeastOnce',
    async open() {
      const fixture = await context.open()
      return { createSink: () => sinkFunctionSink(fixture.createFunction()), published: () => fixture.published(), cleanup: () => fixture.cleanup?.() }
    },
  })
}

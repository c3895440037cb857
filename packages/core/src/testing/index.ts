/** For tests of jobs, connectors, formats, file systems, state backends and checkpoint storages, under any test runner. */

// Running jobs and pipelines
export { collectingSink } from './collecting-sink.ts'
export type { CollectingSink, CollectingSinkOptions } from './collecting-sink.ts'
export { runPipeline, runPipelineResult } from './run-pipeline.ts'
export type { ElementOf, PipelineOptions, PipelineResult, Streams } from './run-pipeline.ts'
export { at, checkpoint, crash, end, idle, processingTime, watermark } from './script.ts'
export type { Marker, ScriptEvent, Timed } from './script.ts'
export { scriptedSource, scriptedSourceWith } from './scripted-source.ts'
export type { Script, ScriptOptions } from './scripted-source.ts'
export { runTestJob, seededRandom, testJob } from './test-job.ts'
export type { TestJob, TestJobOptions } from './test-job.ts'

// Time
export { createRealClock } from './real-clock.ts'
export type { RunUntilOptions, TestClock } from './test-clock.ts'
export { createVirtualClock } from './virtual-clock.ts'

// Single operators and sources
export type { HarnessEvent } from './harness-output.ts'
export type { HarnessSnapshot } from './harness-snapshot.ts'
export { heldSource } from './held-source.ts'
export { hostileRun } from './hostile-run.ts'
export type { OperatorEvent } from './hostile-run.ts'
export { createOperatorHarness } from './operator-harness.ts'
export type { HarnessOptions, OperatorHarness } from './operator-harness.ts'
export { readWithFailures } from './read-with-failures.ts'
export type { FailureOptions } from './read-with-failures.ts'

// Conformance suites, one for every SPI
export { createFileSystems } from '../file-system/file-systems.ts'
export { checkpointStorageSuite } from './checkpoint-storage-suite.ts'
export type { CheckpointStorageFixture } from './checkpoint-storage-suite.ts'
export { fileSystemSuite } from './file-system-suite.ts'
export type { FileSystemFixture } from './file-system-suite.ts'
export { sinkFunctionSuite, sourceFunctionSuite } from './function-suites.ts'
export type { SinkFunctionFixture, SinkFunctionTestContext, SourceFunctionTestContext } from './function-suites.ts'
export { inputFormatSuite } from './input-format-suite.ts'
export type { InputFormatTestContext } from './input-format-suite.ts'
export { outputFormatSuite } from './output-format-suite.ts'
export type { OutputFormatFixture, OutputFormatTestContext } from './output-format-suite.ts'
export { recoverableWriterSuite } from './recoverable-writer-suite.ts'
export { sinkSuite } from './sink-suite.ts'
export type { SinkFixture, SinkTestContext } from './sink-suite.ts'
export { sourceSuite } from './source-suite.ts'
export type { SourceTestContext } from './source-suite.ts'
export { stateBackendSuite } from './state-backend-suite.ts'
export type { CaseContext, SuiteRunner } from './suite-runner.ts'

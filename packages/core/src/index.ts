export * as types from './types/types.ts'
export type { Infer, TypeInformation, TypeSchema } from './types/type-information.ts'
export { describeError, MillraceError } from './errors.ts'
export type { ErrorLocation, ErrorOrigin, MillraceErrorOptions } from './errors.ts'

export { badRecordType } from './api/dead-letter.ts'
export type { BroadcastConnectedStream, KeyedBroadcastConnectedStream } from './api/broadcast-connected-stream.ts'
export type { BroadcastStream } from './api/broadcast-stream.ts'
export { buildGraph, validateParams } from './api/build-graph.ts'
export type { DeduplicateOptions } from './api/deduplicate.ts'
export type { ConnectedStreams, KeyedConnectedStreams } from './api/connected-streams.ts'
export type { DataStream } from './api/data-stream.ts'
export { defineJob } from './api/define-job.ts'
export type { Job, JobDefinition, JobDefinitionWithoutParams } from './api/define-job.ts'
export type { BoundedIntervalJoin, IntervalBounds, IntervalJoin } from './api/interval-join.ts'
export type { Joins } from './api/joins.ts'
export type { KeyedStream } from './api/keyed-stream.ts'
export { createLocalEnvironment } from './api/local-environment.ts'
export type { ConnectorOptions, OperatorOptions, SourceOptions } from './api/operator-options.ts'
export type { PartitionWindowedStream } from './api/partition-windowed-stream.ts'
export type { StreamExecutionEnvironment } from './api/stream-execution-environment.ts'
export type { WindowedJoin, WindowJoin } from './api/window-join.ts'
export type { WindowedStream } from './api/windowed-stream.ts'

export type { GraphWarning } from './graph/validate-graph.ts'
export type { JobGraph } from './graph/job-graph.ts'
export type { StreamGraph } from './graph/stream-graph.ts'

export type { Accumulator, AccumulatorKind, AccumulatorResult, AccumulatorResults, Accumulators } from './functions/accumulator.ts'
export type { CachedFile } from './functions/cached-file.ts'
export type { AggregateFunction } from './functions/aggregate-function.ts'
export { count, max, mean, min, sum } from './functions/aggregates.ts'
export { maxBy, minBy } from './functions/aggregates-by.ts'
export { topN } from './functions/aggregates-top-n.ts'
export { collect } from './functions/aggregates-collect.ts'
export { combineAggregates } from './functions/aggregates-combine.ts'
export { quantile } from './functions/aggregates-quantile.ts'
export type { AsyncContext, AsyncFunction, AsyncOptions, AsyncRetry } from './functions/async-function.ts'
export { Evictors } from './functions/evictors.ts'
export type { Evictor, EvictorContext, EvictorOptions, WindowElement } from './functions/evictors.ts'
export { OutputTag } from './functions/output-tag.ts'
export type {
  BroadcastOpenContext,
  BroadcastProcessFunction,
  BroadcastState,
  CoProcessFunction,
  KeyedBroadcastOpenContext,
  KeyedOpenContext,
  KeyedProcessFunction,
  OpenContext,
  OperatorListState,
  OperatorOpenContext,
  ProcessFunction,
  ReadonlyBroadcastState,
  TimeDomain,
} from './functions/process-function.ts'
export { aggregatingState, listState, mapState, reducingState, valueState } from './functions/state-descriptor.ts'
export type { StateDescriptor, StateOptions, StateTtl } from './functions/state-descriptor.ts'
export type { AggregatingState, ListState, MapState, ReducingState, ValueState } from './functions/state.ts'
export { Triggers } from './functions/triggers.ts'
export { WatermarkStrategy } from './functions/watermark-strategy.ts'
export type { TimestampAssigner, WatermarkAlignment, WatermarkGenerator, WatermarkOptions, WatermarkOutput } from './functions/watermark-strategy.ts'
export {
  EventTimeSessionWindows,
  GlobalWindows,
  ProcessingTimeSessionWindows,
  SlidingEventTimeWindows,
  SlidingProcessingTimeWindows,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
} from './functions/window-assigners.ts'
export type { SessionWindows } from './functions/window-assigners.ts'
export type { ProcessWindowFunction, TimeWindow, Trigger, TriggerContext, TriggerResult, TumblingOptions, WindowAssigner, WindowContext, WindowOpenContext, WindowOptions, WindowStagger } from './functions/window.ts'

export type { Duration, DurationUnit } from './types/duration.ts'
export type { Key, KeyAtom } from './types/key.ts'

export { defineConfig } from './environment/define-config.ts'
export type { MillraceConfig } from './environment/define-config.ts'
export type { CheckpointStatus, JobClient, JobResult, JobState, JobStatus, VertexStatus } from './environment/job-client.ts'
export type { EdgeWatermark, SplitWatermarkStatus, WatermarkCause, WatermarkPlace, WatermarkStatus } from './environment/watermark-status.ts'
export { createLineLogger, silentLogger } from './environment/logger.ts'
export type { LineLoggerOptions, LogLevel } from './environment/logger.ts'
export { runMain } from './environment/run-main.ts'
export type { CheckpointOptions, RestartStrategy, RunOptions, StuckFunctionOptions } from './environment/run-options.ts'
export { submit } from './environment/submit.ts'
export type { SubmitOptions, SubmitUrlOptions } from './environment/submit.ts'

export { fileCheckpointStorage } from './runtime/checkpoint/storage/file-checkpoint-storage.ts'
export { memoryCheckpointStorage } from './runtime/checkpoint/storage/memory-checkpoint-storage.ts'
export type { MemoryCheckpointOptions } from './runtime/checkpoint/storage/memory-checkpoint-storage.ts'
export { heapStateBackend } from './runtime/state/heap/heap-state-backend.ts'
export type { HeapStateOptions } from './runtime/state/heap/heap-state-backend.ts'

import type { AnyType } from '../types/type-information.ts'
import type { BadRecordPolicy } from './bad-record.ts'
import type { SimpleVersionedSerializer } from './simple-versioned-serializer.ts'
import type { SourceReader, SourceReaderContext } from './source-reader.ts'
import type { SplitEnumerator, SplitEnumeratorContext } from './split-enumerator.ts'

/** A part of a source that one reader reads: a file range, a partition. `id` is unique within the source for ever. */
export interface SourceSplit {
  readonly id: string
}

/**
 * The native source (the model of FLIP-27). The object itself is configuration only: it is shared by all subtasks and
 * attempts, and never holds connections or positions. The enumerator runs once, on the coordinator; a reader runs in each
 * parallel subtask.
 *
 * Split and enumerator-state types are erased here so that `Source<T>` has one parameter; write sources with
 * `defineSource`, which checks them.
 */
export interface Source<out T> {
  readonly kind: 'source'
  /** Short and lower-case; shown in plans and metrics. */
  readonly name: string
  /** True when the source ends by itself. Decides batch behaviour, idleness defaults and what `end` of input means. */
  readonly bounded: boolean
  /** The schema of the records; absent means the generic codec after this source, shown by `explain()`. */
  readonly type?: AnyType
  /** Applied by the runtime to what a reader passes to `reject`. Default `fail`. */
  readonly onBadRecord?: BadRecordPolicy
  /** Plain data about this source for `explain()` and the plan hash; no secrets. */
  readonly description?: Readonly<Record<string, string | number | boolean | null>>
  /** Default: JSON, version 1. */
  readonly splitSerializer?: SimpleVersionedSerializer<SourceSplit>
  /** Default: JSON, version 1. */
  readonly enumeratorStateSerializer?: SimpleVersionedSerializer<unknown>
  /** Called once per attempt of the job, on the coordinator. `restored` is what `snapshotState` returned, or undefined. */
  createEnumerator(context: SplitEnumeratorContext, restored: unknown): SplitEnumerator
  /** Called once per subtask and attempt. Restored splits arrive through `addSplits`. */
  createReader(context: SourceReaderContext): SourceReader<T, SourceSplit>
}

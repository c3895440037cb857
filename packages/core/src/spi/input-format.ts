import type { AnyType } from '../types/type-information.ts'
import type { JsonValue } from './json-value.ts'

export interface InputSplit {
  readonly id: string
  readonly [field: string]: JsonValue
}

/** Some records and the position after the last of them; reading resumes there. */
export interface InputBatch<out T, P extends JsonValue = JsonValue> {
  readonly values: readonly T[]
  readonly position: P
}

/**
 * The simple bounded input: splits, and for each an async iterable of batches with a resumable position.
 * Not what `@millrace/format-*` implement: those turn bytes into records and know no storage (see FileReaderFormat).
 */
export interface InputFormat<out T> {
  readonly kind: 'input-format'
  readonly name: string
  readonly type?: AnyType
  /** Called once per job start on the coordinator. Aim for at least `minSplits`, return what there is. */
  createSplits(minSplits: number, signal: AbortSignal): Promise<readonly InputSplit[]>
  /** Called per split on a subtask. `from` is the position of the last batch fully emitted, or undefined for the start. */
  open(split: InputSplit, options: { readonly from: JsonValue | undefined; readonly signal: AbortSignal }): AsyncIterable<InputBatch<T>>
}

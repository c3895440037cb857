import type { Barrier } from '../checkpoint/barrier.ts'

/** Records on their way between two subtasks, by reference. Immutable once pushed. */
export interface RecordBatch {
  readonly kind: 'records'
  readonly values: unknown[]
  readonly timestamps: number[]
  /** Estimated size, for credit. */
  bytes: number
  /** The same batch goes through several channels. */
  readonly isShared?: boolean
}

/** What travels through a channel, in order. */
export type StreamElement =
  | RecordBatch
  | { readonly kind: 'watermark'; readonly timestamp: number }
  | { readonly kind: 'status'; readonly idle: boolean }
  | { readonly kind: 'barrier'; readonly barrier: Barrier }
  /** No record will follow; barriers still may. With `drain` the operators finish, otherwise they just stop. */
  | { readonly kind: 'endOfData'; readonly drain: boolean }

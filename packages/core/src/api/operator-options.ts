import { MillraceError } from '../errors.ts'
import type { NodeDraft } from '../graph/stream-graph-builder.ts'
import type { Duration } from '../types/duration.ts'
import { durationMs } from '../types/duration-ms.ts'

export interface OperatorOptions {
  /** Matches the operator's state across versions of the job. Unique in the job. */
  readonly uid?: string
  /** Shown in plans, metrics and errors. */
  readonly name?: string
  /** Number of subtasks. Default: that of the job. */
  readonly parallelism?: number
  /** Number of key groups, the upper bound of the parallelism; fixed by the first savepoint. */
  readonly maxParallelism?: number
  /** Operators of other groups run in other slots, and never in the same task. Default: that of the inputs if they agree, else `default`. */
  readonly slotSharingGroup?: string
  /** Longest time that what this operator emits waits in a partly filled batch; `'0ms'`: not at all. Default: the job's. */
  readonly bufferTimeout?: Duration
}

/** Of a source or a sink. */
export interface ConnectorOptions extends OperatorOptions {
  /**
   * Runs it in a thread that executes nothing else, so that functions of the job which take long cannot keep it from the
   * network or the disk: one thread beside the thread or beside each worker that the rest of the job runs in. Records cross to it, so
   * what is worth little work costs more. Needs a job with an address, as workers do; see docs/parallelism.md. Default false.
   */
  readonly ioThread?: boolean
}

export interface SourceOptions extends ConnectorOptions {
  /** Reads no more than this, over all subtasks: to spare what the job writes to, or while it catches up. Default: no limit. */
  readonly maxRecordsPerSecond?: number
}

const MAX_PARALLELISM = 32_768

/** The options as fields of a node, checked; what is absent is left out. */
export function nodeOptions(options: ConnectorOptions): Partial<NodeDraft> {
  const { uid, name, parallelism, maxParallelism, slotSharingGroup, bufferTimeout, ioThread } = options
  return {
    ...(uid === undefined ? {} : { uid: checkedUid(uid) }),
    ...(name === undefined ? {} : { name }),
    ...(parallelism === undefined ? {} : { parallelism: checkedParallelism('parallelism', parallelism) }),
    ...(maxParallelism === undefined ? {} : { maxParallelism: checkedParallelism('maxParallelism', maxParallelism) }),
    ...(slotSharingGroup === undefined ? {} : { slotSharingGroup: checkedGroup(slotSharingGroup) }),
    ...(ioThread === true ? { ioThread } : {}),
    ...(bufferTimeout === undefined ? {} : { bufferTimeoutMs: durationMs(bufferTimeout) }),
  }
}

function checkedUid(uid: string): string {
  if (typeof uid === 'string' && uid.trim() !== '') return uid
  throw new MillraceError('CORE_INVALID_UID', `expected a uid with at least one visible character, found ${JSON.stringify(uid)}`, { origin: 'user' })
}

function checkedGroup(group: string): string {
  if (typeof group === 'string' && group.trim() !== '') return group
  throw new MillraceError('CORE_INVALID_SLOT_GROUP', `expected a slot sharing group with at least one visible character, found ${JSON.stringify(group)}`, { origin: 'user' })
}

function checkedParallelism(what: string, value: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= MAX_PARALLELISM) return value
  throw new MillraceError('CORE_INVALID_PARALLELISM', `expected a ${what} from 1 to ${MAX_PARALLELISM}, found ${value}`, { origin: 'user' })
}

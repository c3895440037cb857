import { MillraceError } from '../errors.ts'
import type { NodeDraft } from '../graph/stream-graph-builder.ts'

export interface OperatorOptions {
  /** Matches the operator's state across versions of the job. Unique in the job. */
  readonly uid?: string
  /** Shown in plans, metrics and errors. */
  readonly name?: string
  /** Number of subtasks. Default: that of the job. */
  readonly parallelism?: number
  /** Number of key groups, the upper bound of the parallelism; fixed by the first savepoint. */
  readonly maxParallelism?: number
}

const MAX_PARALLELISM = 32_768

/** The options as fields of a node, checked; what is absent is left out. */
export function nodeOptions(options: OperatorOptions): Partial<NodeDraft> {
  const { uid, name, parallelism, maxParallelism } = options
  return {
    ...(uid === undefined ? {} : { uid: checkedUid(uid) }),
    ...(name === undefined ? {} : { name }),
    ...(parallelism === undefined ? {} : { parallelism: checkedParallelism('parallelism', parallelism) }),
    ...(maxParallelism === undefined ? {} : { maxParallelism: checkedParallelism('maxParallelism', maxParallelism) }),
  }
}

function checkedUid(uid: string): string {
  if (typeof uid === 'string' && uid.trim() !== '') return uid
  throw new MillraceError('CORE_INVALID_UID', `expected a uid with at least one visible character, found ${JSON.stringify(uid)}`, { origin: 'user' })
}

function checkedParallelism(what: string, value: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= MAX_PARALLELISM) return value
  throw new MillraceError('CORE_INVALID_PARALLELISM', `expected a ${what} from 1 to ${MAX_PARALLELISM}, found ${value}`, { origin: 'user' })
}

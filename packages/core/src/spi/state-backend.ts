import type { AnyType } from '../types/type-information.ts'
import type { FileSystems } from './file-systems.ts'
import type { KeyGroupRange } from './key-group-range.ts'
import type { KeyedStateBackend } from './keyed-state-backend.ts'
import type { KeyedStateReader } from './keyed-state-snapshot.ts'
import type { Logger } from './logger.ts'
import type { MetricGroup } from './metric-group.ts'

export interface StateBackendContext {
  readonly jobName: string
  readonly operatorUid: string
  readonly subtaskIndex: number
  readonly maxParallelism: number
  readonly keyGroupRange: KeyGroupRange
  /** Snapshots to start from, each covering part of the range; empty for a fresh start. Read completely before `open` resolves. */
  readonly restore: readonly KeyedStateReader[]
  /** Snapshots of changes will be asked for, so changes and removals must be kept track of from the first snapshot on. Default: false. */
  readonly incremental?: boolean
  /** A directory of this attempt's own for working files; created on demand, removed by the engine afterwards. */
  readonly workingDirectory: string
  readonly fileSystems: FileSystems
  readonly logger: Logger
  readonly metrics: MetricGroup
  now(): number
}

/** Where the working state of keyed operators lives. Configuration only. Where snapshots go is CheckpointStorage. */
export interface StateBackend {
  readonly kind: 'state-backend'
  readonly name: string
  readonly capabilities: {
    /** State survives in files and may be larger than memory. */
    readonly largerThanMemory: boolean
    /** Snapshots can hold only what changed since the last one. */
    readonly incremental: boolean
  }
  /** Called once per keyed operator, subtask and attempt. */
  open(context: StateBackendContext): KeyedStateBackend | Promise<KeyedStateBackend>
}

/** What a state is, as registered by an operator and as written into snapshots. */
export interface StateDefinition {
  /** Unique within the operator. */
  readonly name: string
  readonly kind: 'value' | 'list' | 'map' | 'reducing' | 'aggregating' | 'window' | 'timer'
  readonly valueType: AnyType
  /** Of the user keys of a map state. */
  readonly userKeyType?: AnyType
  /**
   * How entries are found. `key`: one entry per (key, namespace), few namespaces per key. `namespace`: few namespaces that
   * each hold many keys and are read and dropped as a whole (aligned windows).
   */
  readonly layout: 'key' | 'namespace'
  /**
   * Restored values without a time of their own get that of the moment they are read: a backend that reads lazily must read
   * them all while the operator opens. Default false.
   */
  readonly readAtRestore?: boolean
}

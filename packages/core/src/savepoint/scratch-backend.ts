import { heapStateBackend } from '../runtime/state/heap/heap-state-backend.ts'
import type { FileSystems } from '../spi/file-systems.ts'
import type { KeyGroupRange } from '../spi/key-group-range.ts'
import type { KeyedStateBackend } from '../spi/keyed-state-backend.ts'
import type { KeyedStateReader } from '../spi/keyed-state-snapshot.ts'
import type { Logger } from '../spi/logger.ts'
import type { MetricGroup } from '../spi/metric-group.ts'

export interface ScratchBackendOptions {
  readonly uid: string
  readonly maxParallelism: number
  readonly keyGroupRange: KeyGroupRange
  readonly restore: readonly KeyedStateReader[]
  readonly incremental?: boolean
  readonly fileSystems: FileSystems
  readonly now: () => number
}

export const unheardLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }
export const unreadMetrics: MetricGroup = { counter: () => ({ value: 0 }), gauge() {}, group: () => unreadMetrics }

/** State in memory, of no job. */
export async function openScratchBackend({ uid, ...options }: ScratchBackendOptions): Promise<KeyedStateBackend> {
  return heapStateBackend().open({ jobName: 'savepoint', operatorUid: uid, subtaskIndex: 0, workingDirectory: 'unused', logger: unheardLogger, metrics: unreadMetrics, ...options })
}

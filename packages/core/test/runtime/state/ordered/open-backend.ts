import { createFileSystems } from '../../../../src/file-system/file-systems.ts'
import { orderedStoreBackend } from '../../../../src/runtime/state/ordered/ordered-store-backend.ts'
import type { KeyedStateBackend } from '../../../../src/spi/keyed-state-backend.ts'
import type { KeyedStateReader } from '../../../../src/spi/keyed-state-snapshot.ts'
import type { MetricGroup } from '../../../../src/spi/metric-group.ts'
import type { OrderedStore } from '../../../../src/spi/ordered-store.ts'

export interface Opened {
  readonly backend: KeyedStateBackend
  gauge(name: string): number
}

export interface OpenOptions {
  readonly store: OrderedStore
  readonly workingDirectory: string
  readonly cacheBytes?: number
  readonly restore?: readonly KeyedStateReader[]
}

/** A backend over a store that the test holds. */
export async function openBackend({ store, workingDirectory, cacheBytes, restore = [] }: OpenOptions): Promise<Opened> {
  const gauges = new Map<string, () => number>()
  const metrics: MetricGroup = { counter: () => ({ value: 0 }), gauge: (name, read) => void gauges.set(name, read as () => number), group: () => metrics }
  const backend = await orderedStoreBackend({ name: 'test', open: () => store, ...(cacheBytes === undefined ? {} : { cacheBytes }) }).open({
    jobName: 'test',
    operatorUid: 'counts',
    subtaskIndex: 0,
    maxParallelism: 128,
    keyGroupRange: { start: 0, end: 127 },
    restore,
    workingDirectory,
    fileSystems: createFileSystems(),
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    metrics,
    now: () => 0,
  })
  return { backend, gauge: (name) => gauges.get(name)?.() ?? NaN }
}

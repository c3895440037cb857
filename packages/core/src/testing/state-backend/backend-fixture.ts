import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFileSystems } from '../../file-system/file-systems.ts'
import type { KeyGroupRange } from '../../spi/key-group-range.ts'
import type { KeyedStateBackend, StateKey } from '../../spi/keyed-state-backend.ts'
import type { KeyedStateReader, KeyedStateSnapshot } from '../../spi/keyed-state-snapshot.ts'
import type { Logger } from '../../spi/logger.ts'
import type { MetricGroup } from '../../spi/metric-group.ts'
import type { StateBackend } from '../../spi/state-backend.ts'
import { keyGroupOf } from '../../types/key-group.ts'

export const MAX_PARALLELISM = 128
export const ALL_KEY_GROUPS: KeyGroupRange = { start: 0, end: MAX_PARALLELISM - 1 }

export interface OpenOptions {
  readonly keyGroupRange?: KeyGroupRange
  readonly restore?: readonly KeyedStateReader[]
  readonly now?: () => number
}

/** Opens backends for one case and closes all of them at its end. */
export interface BackendFixture {
  open(options?: OpenOptions): Promise<KeyedStateBackend>
}

export async function withBackends(create: () => StateBackend, body: (fixture: BackendFixture) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-state-'))
  const opened: KeyedStateBackend[] = []
  const fixture: BackendFixture = {
    async open({ keyGroupRange = ALL_KEY_GROUPS, restore = [], now = () => 0 } = {}) {
      const backend = await create().open({
        jobName: 'suite',
        operatorUid: 'operator',
        subtaskIndex: opened.length,
        maxParallelism: MAX_PARALLELISM,
        keyGroupRange,
        restore,
        workingDirectory: join(directory, String(opened.length)),
        fileSystems: createFileSystems(),
        logger: silentLogger,
        metrics: unreadMetrics,
        now,
      })
      opened.push(backend)
      return backend
    },
  }
  try {
    await body(fixture)
  } finally {
    for (const backend of opened) await backend.close()
    await rm(directory, { recursive: true, force: true })
  }
}

/** Reads a snapshot to its end and holds it as a restore would find it; `between` runs after every chunk. */
export function collectSnapshot(snapshot: KeyedStateSnapshot, between: () => void = () => {}): KeyedStateReader {
  const groups = new Map<number, Uint8Array[]>()
  for (const { keyGroup, bytes } of snapshot.chunks()) {
    // a copy now: what a backend does with the bytes later must not matter
    const copy = bytes.slice()
    const parts = groups.get(keyGroup)
    if (parts === undefined) groups.set(keyGroup, [copy])
    else parts.push(copy)
    between()
  }
  return { states: snapshot.states, keyGroups: ALL_KEY_GROUPS, read: (keyGroup) => Promise.resolve(Buffer.concat(groups.get(keyGroup) ?? [])) }
}

export function keyGroup(key: StateKey): number {
  return keyGroupOf(key, MAX_PARALLELISM)
}

const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }
const unreadMetrics: MetricGroup = { counter: () => ({ value: 0 }), gauge() {}, group: () => unreadMetrics }

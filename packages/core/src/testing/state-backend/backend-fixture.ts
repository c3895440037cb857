import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFileSystems } from '../../file-system/file-systems.ts'
import type { KeyedSnapshotFile } from '../../runtime/checkpoint/snapshot-file-reader.ts'
import type { KeyGroupRange } from '../../spi/key-group-range.ts'
import type { KeyedStateBackend, StateKey } from '../../spi/keyed-state-backend.ts'
import type { KeyedStateReader, KeyedStateSnapshot, KeyGroupChunk } from '../../spi/keyed-state-snapshot.ts'
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
  /** Default: false. */
  readonly incremental?: boolean
}

/** Opens backends for one case and closes all of them at its end. */
export interface BackendFixture {
  /** The backend can take snapshots of changes. */
  readonly incremental: boolean
  open(options?: OpenOptions): Promise<KeyedStateBackend>
  /** Before the end of the case. */
  close(backend: KeyedStateBackend): Promise<void>
}

export async function withBackends(create: () => StateBackend, body: (fixture: BackendFixture) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-state-'))
  const opened = new Set<KeyedStateBackend>()
  let count = 0
  const fixture: BackendFixture = {
    incremental: create().capabilities.incremental,
    async open({ keyGroupRange = ALL_KEY_GROUPS, restore = [], now = () => 0, incremental = false } = {}) {
      const backend = await create().open({
        jobName: 'suite',
        operatorUid: 'operator',
        subtaskIndex: count,
        maxParallelism: MAX_PARALLELISM,
        keyGroupRange,
        restore,
        incremental,
        workingDirectory: join(directory, String(count++)),
        fileSystems: createFileSystems(),
        logger: silentLogger,
        metrics: unreadMetrics,
        now,
      })
      opened.add(backend)
      return backend
    },
    async close(backend) {
      opened.delete(backend)
      await backend.close()
    },
  }
  try {
    await body(fixture)
  } finally {
    for (const backend of opened) await backend.close()
    await rm(directory, { recursive: true, force: true })
  }
}

/** A snapshot as a file of it would be found at a restore. */
export interface CollectedSnapshot extends KeyedStateReader, KeyedSnapshotFile {
  readonly entries: number
  readonly bytes: number
}

/** Reads a snapshot to its end in one go; `between` runs after every chunk. `checkpointId` only if others may build on it. */
export function collectSnapshot(snapshot: KeyedStateSnapshot, between: () => void = () => {}, checkpointId?: number): CollectedSnapshot {
  const collected = new SnapshotCollector(snapshot)
  for (const chunk of snapshot.chunks()) {
    collected.add(chunk)
    between()
  }
  return collected.end(checkpointId)
}

/** The same as a task does it, which waits for what is being read ahead. */
export async function collectSlices(snapshot: KeyedStateSnapshot, between: () => void = () => {}, checkpointId?: number): Promise<CollectedSnapshot> {
  const collected = new SnapshotCollector(snapshot)
  for (const chunk of snapshot.chunks()) {
    collected.add(chunk)
    between()
    await chunk.nextRead
  }
  return collected.end(checkpointId)
}

class SnapshotCollector {
  readonly #snapshot: KeyedStateSnapshot
  readonly #groups = new Map<number, Uint8Array[]>()
  readonly #removed = new Map<number, Uint8Array[]>()
  #entries = 0
  #bytes = 0

  constructor(snapshot: KeyedStateSnapshot) {
    this.#snapshot = snapshot
  }

  add({ keyGroup: group, bytes, entries, removals }: KeyGroupChunk): void {
    add(this.#groups, group, bytes)
    if (removals !== undefined) add(this.#removed, group, removals)
    this.#entries += entries
    this.#bytes += bytes.length + (removals?.length ?? 0)
  }

  end(checkpointId: number | undefined): CollectedSnapshot {
    const { states, since } = this.#snapshot
    const reader = {
      states,
      keyGroups: ALL_KEY_GROUPS,
      read: (group: number) => Promise.resolve(Buffer.concat(this.#groups.get(group) ?? [])),
      removals: (group: number) => Promise.resolve(Buffer.concat(this.#removed.get(group) ?? [])),
    }
    const header = { ...(checkpointId === undefined ? {} : { checkpointId }), ...(since === undefined ? {} : { since }) }
    return { ...reader, ...header, path: `snapshot ${checkpointId}`, keyed: () => reader, entries: this.#entries, bytes: this.#bytes }
  }
}

/** A copy now: what a backend does with the bytes later must not matter. */
function add(groups: Map<number, Uint8Array[]>, keyGroup: number, bytes: Uint8Array): void {
  const parts = groups.get(keyGroup)
  if (parts === undefined) groups.set(keyGroup, [bytes.slice()])
  else parts.push(bytes.slice())
}

export function keyGroup(key: StateKey): number {
  return keyGroupOf(key, MAX_PARALLELISM)
}

const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }
const unreadMetrics: MetricGroup = { counter: () => ({ value: 0 }), gauge() {}, group: () => unreadMetrics }

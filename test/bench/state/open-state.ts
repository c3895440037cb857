import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger, types } from '@millrace/core'
import { createFileSystems } from '@millrace/core/testing'
import type { KeyedStateBackend, KeyedStateReader, MetricGroup, StateBackend, StateDefinition, StateTable } from '@millrace/core/spi'

/** What the cases keep per key: 24 bytes of numbers, as a window aggregate has. */
export interface Counted {
  count: number
  sum: number
  at: number
}

export const KEY_GROUPS = 128
export const COUNTED: StateDefinition = {
  name: 'counted',
  kind: 'value',
  layout: 'key',
  valueType: types.row({ count: types.double(), sum: types.double(), at: types.double() }),
}

export interface OpenState {
  readonly backend: KeyedStateBackend
  readonly table: StateTable<Counted>
  close(): Promise<void>
}

const metrics: MetricGroup = { counter: () => ({ value: 0 }), gauge() {}, group: () => metrics }

/** A backend as a task opens it, in a temporary directory. */
export async function openState(stateBackend: StateBackend, restore: readonly KeyedStateReader[] = [], incremental = false): Promise<OpenState> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-state-'))
  const backend = await stateBackend.open({
    jobName: 'bench',
    operatorUid: 'bench',
    subtaskIndex: 0,
    maxParallelism: KEY_GROUPS,
    keyGroupRange: { start: 0, end: KEY_GROUPS - 1 },
    restore,
    incremental,
    workingDirectory: join(directory, 'work'),
    fileSystems: createFileSystems(),
    logger: silentLogger,
    metrics,
    now: () => Date.now(),
  })
  return {
    backend,
    table: backend.table<Counted>(COUNTED),
    async close() {
      await backend.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Gives way to the event loop, as a task does between batches. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

import { heapStateBackend } from '@millrace/core'
import type { StateBackend } from '@millrace/core/spi'
import type { BackendName } from '../chaos-run.ts'

/** Undefined while there is no LevelDB backend. */
async function levelDb(): Promise<(() => StateBackend) | undefined> {
  const module: Readonly<Record<string, unknown>> = await import('@millrace/statebackend-leveldb')
  return module['leveldbStateBackend'] as (() => StateBackend) | undefined
}

export async function availableBackends(): Promise<readonly BackendName[]> {
  return (await levelDb()) === undefined ? ['heap'] : ['heap', 'leveldb']
}

export async function createBackend(name: BackendName): Promise<StateBackend> {
  if (name === 'heap') return heapStateBackend()
  const create = await levelDb()
  if (create === undefined) throw new Error('@millrace/statebackend-leveldb exports no leveldbStateBackend')
  return create()
}

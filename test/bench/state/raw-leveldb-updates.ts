import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import type { Outcome, Variant } from '../rate-case.ts'
import { BATCH, update, warmUpOf } from './keyed-updates.ts'
import type { KeyedUpdates } from './keyed-updates.ts'

const MEBIBYTE = 1024 * 1024

/**
 * classic-level by hand: `getSync`, and a chained batch for every thousand updates, which is its fastest way to write. An
 * entry that is in the batch already is taken from there.
 */
export function rawLevelDbUpdates(updates: KeyedUpdates, keys: number): Variant {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-raw-'))
  const db = new ClassicLevel<Uint8Array, Uint8Array>(directory, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    compression: false,
    writeBufferSize: 16 * MEBIBYTE,
    cacheSize: 32 * MEBIBYTE,
  })
  const apply = async (count: number): Promise<number> => {
    let digest = 0
    for (let first = 0; first < count; first += BATCH) {
      const changed = new Map<number, Uint8Array>()
      for (let index = first; index < first + BATCH; index++) {
        const key = updates.at(index)
        const bytes = changed.get(key) ?? db.getSync(updates.keyBytes(key))
        if (bytes === undefined) continue
        const view = new DataView(bytes.buffer, bytes.byteOffset)
        const value = { count: view.getFloat64(0, true), sum: view.getFloat64(8, true), at: view.getFloat64(16, true) }
        digest += update(value, index)
        const changedBytes = new DataView(new ArrayBuffer(24))
        changedBytes.setFloat64(0, value.count, true)
        changedBytes.setFloat64(8, value.sum, true)
        changedBytes.setFloat64(16, value.at, true)
        changed.set(key, new Uint8Array(changedBytes.buffer))
      }
      const batch = db.batch()
      for (const [key, bytes] of changed) batch.put(updates.keyBytes(key), bytes)
      await batch.write()
    }
    return digest
  }
  return {
    async prepare() {
      await db.open()
      for (let first = 0; first < keys; first += BATCH) {
        const batch = db.batch()
        for (let index = first; index < first + BATCH; index++) batch.put(updates.keyBytes(updates.loaded(index)), new Uint8Array(24))
        await batch.write()
      }
      await apply(warmUpOf(keys))
    },
    async run(records): Promise<Outcome> {
      const digest = await apply(records)
      await db.close()
      rmSync(directory, { recursive: true })
      return { rows: records, digest }
    },
  }
}

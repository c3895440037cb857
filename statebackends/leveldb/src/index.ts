/** Keyed state and timers on disk, on LevelDB. */
export { leveldbStateBackend } from './leveldb-state-backend.ts'
export type { LevelDbStateOptions } from './leveldb-state-backend.ts'

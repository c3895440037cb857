import type { CheckpointStorage } from '../../../spi/checkpoint-storage.ts'
import type { JobMemory } from './memory-checkpoint-store.ts'

const DEFAULT_MAX_STATE_BYTES = 5 * 1024 * 1024

export interface MemoryCheckpointOptions {
  /** The most that one operator's state in one subtask may take; more is CKPT_TOO_LARGE. Default: 5 MiB. */
  readonly maxStateBytes?: number
}

/**
 * Checkpoints in the memory of this process, for tests and for jobs that may start over: a job survives failures of its
 * tasks, not the end of the process. Savepoints are written to their directory, with the state inside their metadata.
 */
export function memoryCheckpointStorage(options: MemoryCheckpointOptions = {}): CheckpointStorage {
  const maxStateBytes = options.maxStateBytes ?? DEFAULT_MAX_STATE_BYTES
  const jobs = new Map<string, JobMemory>()
  return {
    kind: 'checkpoint-storage',
    name: 'memory',
    durable: false,
    async open(context) {
      // configuration must cost nothing to import
      const { MemoryCheckpointStore } = await import('./memory-checkpoint-store.ts')
      let memory = jobs.get(context.jobName)
      if (memory === undefined) {
        memory = { epoch: 0, holder: undefined, completed: new Map() }
        jobs.set(context.jobName, memory)
      }
      return new MemoryCheckpointStore(memory, maxStateBytes, context)
    },
  }
}

import type { StateBackend } from '../../../spi/state-backend.ts'

export interface HeapStateOptions {
  /**
   * What the state of one operator and subtask may take, by estimate; more is STATE_TOO_LARGE instead of the death of the
   * process. Default: 60 % of V8's heap limit.
   */
  readonly maxBytes?: number
}

/** Working state as objects in memory: a Map per key group, changed in place, snapshot without stopping the task. */
export function heapStateBackend(options: HeapStateOptions = {}): StateBackend {
  return {
    kind: 'state-backend',
    name: 'heap',
    capabilities: { largerThanMemory: false, incremental: true },
    async open(context) {
      // configuration must cost nothing to import: a job names its backend before anything runs
      const [{ HeapKeyedStateBackend }, { RestoredState }] = await Promise.all([import('./heap-keyed-state-backend.ts'), import('./restored-state.ts')])
      const restored = new RestoredState(context.operatorUid)
      await restored.read(context.restore, context.keyGroupRange)
      return new HeapKeyedStateBackend(context, restored, options.maxBytes)
    },
  }
}

import { defineJob } from '@millrace/core'
import { defineSource } from '@millrace/core/spi'

/** Continuous, and never has a record. */
const nothing = defineSource<string, { readonly id: string }>({
  name: 'nothing',
  bounded: false,
  discover: async () => [{ id: 'all' }],
  createReader: () => ({
    addSplits: () => {},
    snapshotSplits: () => [{ id: 'all' }],
    poll: () => 'pending',
    available: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
  }),
})

export default defineJob({
  name: 'idle',
  build(env) {
    env.fromSource(nothing).print()
  },
})

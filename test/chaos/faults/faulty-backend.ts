import type { KeyGroupChunk, StateBackend } from '@millrace/core/spi'
import type { Failpoints } from './failpoints.ts'
import { overriding } from './overriding.ts'

/** The failpoints of taking and restoring keyed state. */
export function faultyBackend(backend: StateBackend, failpoints: Failpoints): StateBackend {
  return overriding(backend, {
    async open(context) {
      const opened = await backend.open(context)
      if (context.restore.length > 0) failpoints.hit('restore-state')
      return overriding(opened, {
        snapshot(checkpointId, since) {
          const snapshot = opened.snapshot(checkpointId, since)
          failpoints.hit('snapshot')
          return overriding(snapshot, {
            *chunks(): Iterable<KeyGroupChunk> {
              for (const chunk of snapshot.chunks()) {
                yield chunk
                failpoints.hit('snapshot-chunks')
              }
            },
          })
        },
      })
    },
  })
}

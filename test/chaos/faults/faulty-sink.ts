import type { Sink } from '@millrace/core/spi'
import type { Failpoints } from './failpoints.ts'
import { overriding } from './overriding.ts'

/** The failpoints of writing and committing. */
export function faultySink<T>(sink: Sink<T>, failpoints: Failpoints): Sink<T> {
  return overriding(sink, {
    async createWriter(context, restored) {
      const writer = await sink.createWriter(context, restored)
      if (restored.length > 0) failpoints.hit('restore-sink')
      return overriding(writer, {
        async prepareCommit(checkpointId) {
          const committables = (await writer.prepareCommit?.(checkpointId)) ?? []
          failpoints.hit('barrier-sink')
          return committables
        },
      })
    },
    async createCommitter(context) {
      const committer = await sink.createCommitter?.(context)
      return {
        async commit(committables) {
          failpoints.hit('commit-before')
          if (committables.length > 1) {
            await committer?.commit(committables.slice(0, 1))
            failpoints.hit('commit-half')
          }
          await committer?.commit(committables)
          failpoints.hit('commit-after')
        },
        close: () => committer?.close?.(),
      }
    },
  })
}

import { setTimeout as delay } from 'node:timers/promises'
import type { Source } from '@millrace/core/spi'
import type { Failpoints } from './failpoints.ts'
import { overriding } from './overriding.ts'

const MAX_BATCH = 64
/** After a pause no more than this is made up for. */
const MAX_BURST = 200
const RETRY_MS = 5

/** Reads at most `recordsPerSecond` in each subtask, so that a run lasts, and has the failpoint of the barrier. */
export function faultySource<T>(source: Source<T>, failpoints: Failpoints, recordsPerSecond: number | undefined): Source<T> {
  return overriding(source, {
    createReader(context) {
      const reader = source.createReader(context)
      let credit = 0
      let creditedMs = performance.now()
      let throttled = false
      return overriding(reader, {
        poll(output, maxRecords) {
          if (recordsPerSecond === undefined) return reader.poll(output, maxRecords)
          const now = performance.now()
          credit = Math.min(MAX_BURST, credit + ((now - creditedMs) * recordsPerSecond) / 1000)
          creditedMs = now
          const limit = Math.min(maxRecords, MAX_BATCH, Math.floor(credit))
          throttled = limit === 0
          if (throttled) return 'pending'
          credit -= limit
          return reader.poll(output, limit)
        },
        async available(signal) {
          if (throttled) await delay(RETRY_MS, undefined, { signal }).catch(() => {})
          else await reader.available(signal)
        },
        snapshotSplits(checkpointId) {
          const splits = reader.snapshotSplits(checkpointId)
          failpoints.hit('barrier')
          return splits
        },
      })
    },
  })
}

import { BATCH_ROWS, type ShuffleRow, shuffleRows } from './shuffle-rows.ts'
import type { ShuffleVariant } from './shuffle-variant.ts'

/** Batches on their way at most. */
const CREDIT = 8

/** What Node has for it: batches of objects by postMessage, with answers that let further ones follow. */
export function cloneShuffle(): ShuffleVariant {
  return {
    share: () => undefined,
    produce(_shared, records, port) {
      const rowAt = shuffleRows()
      let index = 0
      let credit = CREDIT
      const step = (): void => {
        for (; credit > 0 && index < records; credit--) {
          const end = Math.min(records, index + BATCH_ROWS)
          const batch: ShuffleRow[] = []
          for (; index < end; index++) batch.push(rowAt(index))
          port.postMessage(batch)
        }
        if (index === records && credit > 0) port.postMessage(undefined)
      }
      port.on('message', () => {
        credit++
        step()
      })
      step()
    },
    consume: (_shared, digest, producer) =>
      new Promise((resolve) => {
        producer.on('message', (batch: readonly ShuffleRow[] | undefined) => {
          if (batch === undefined) {
            resolve()
            return
          }
          for (const row of batch) digest.take(row, row.time)
          producer.postMessage(undefined)
        })
      }),
  }
}

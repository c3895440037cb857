import { count, D2, MessageType, MultiSet, output } from '@electric-sql/d2ts'
import type { Variant } from '../rate-case.ts'
import { KeyedEvents } from './keyed-events.ts'
import { rowTally } from './row-tally.ts'
import { tumblingCount } from './tumbling-count.ts'
import { feedWindows, rowOf } from './window-buffers.ts'

/** One version per window, one frontier after it. */
export function tumblingCountD2ts(): Variant {
  const events = new KeyedEvents(tumblingCount.records)
  return {
    run(records, check) {
      const tally = rowTally(check)
      const graph = new D2({ initialFrontier: 0 })
      const input = graph.newInput<[string, number]>()
      input.pipe(
        count(),
        output((message) => {
          if (message.type !== MessageType.DATA) return
          for (const [[key, counted]] of message.data.collection.getInner()) tally.take(rowOf(key as string, counted as number))
        }),
      )
      graph.finalize()
      feedWindows(events, records, (window, changes) => {
        input.sendData(window, new MultiSet(changes))
        input.sendFrontier(window + 1)
        graph.run()
      })
      return tally.outcome()
    },
  }
}

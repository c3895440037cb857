import { D2, MultiSet, output, reduce } from '@tanstack/db-ivm'
import type { Variant } from '../rate-case.ts'
import { KeyedEvents } from './keyed-events.ts'
import { rowTally } from './row-tally.ts'
import { tumblingCount } from './tumbling-count.ts'
import { feedWindows, rowOf } from './window-buffers.ts'

/** `reduce` on primitive values: `groupBy` does the same behind a JSON key and structural hashes, and is slower. */
export function tumblingCountDbIvm(): Variant {
  const events = new KeyedEvents(tumblingCount.records)
  return {
    run(records, check) {
      const tally = rowTally(check)
      const graph = new D2()
      const input = graph.newInput<[string, number]>()
      input.pipe(
        reduce((values: [number, number][]) => {
          let count = 0
          for (const [, multiplicity] of values) count += multiplicity
          return [[count, 1]] as [number, number][]
        }),
        output((changes) => {
          for (const [[key, count]] of changes.getInner()) tally.take(rowOf(key, count as number))
        }),
      )
      graph.finalize()
      feedWindows(events, records, (_window, changes) => {
        input.sendData(new MultiSet(changes))
        graph.run()
      })
      return tally.outcome()
    },
  }
}

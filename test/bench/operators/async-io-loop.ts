import type { KeyedEvent } from '../engine/keyed-events.ts'
import { KeyedEvents } from '../engine/keyed-events.ts'
import type { CountRow } from '../engine/row-tally.ts'
import { rowTally } from '../engine/row-tally.ts'
import type { Variant } from '../rate-case.ts'
import { asyncIo } from './cases.ts'
import { createService } from './service.ts'

const CAPACITY = 100

/** A ring of promises: when it is full, the oldest is awaited. */
export function asyncIoLoop(): Variant {
  const events = new KeyedEvents(asyncIo.records)
  return {
    async run(records, check) {
      const tally = rowTally(check)
      const request = createService()
      const ask = async ({ key, timestamp, amount }: KeyedEvent): Promise<CountRow> => ({ key, start: timestamp, count: await request(amount) })
      const ring: Promise<CountRow>[] = []
      for (let index = 0; index < records; index++) {
        const at = index % CAPACITY
        if (index >= CAPACITY) tally.take(await (ring[at] as Promise<CountRow>))
        ring[at] = ask(events.read(index))
      }
      for (let index = records; index < records + CAPACITY; index++) tally.take(await (ring[index % CAPACITY] as Promise<CountRow>))
      return tally.outcome()
    },
  }
}

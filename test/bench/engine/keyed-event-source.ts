import type { Source } from '@millrace/core/spi'
import type { KeyedEvent, KeyedEvents } from './keyed-events.ts'
import { indexedSource } from './run-job.ts'

/** The first `records` of the events, decoded as they are read. */
export function keyedEventSource(events: KeyedEvents, records: number): Source<KeyedEvent> {
  return indexedSource(records, (output, from, to) => {
    for (let index = from; index < to; index++) output.collect(events.read(index))
  })
}

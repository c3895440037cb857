import type { SourceReader } from '../spi/source-reader.ts'
import type { Source } from '../spi/source.ts'

/** The source, read a few records at a time and only while `holds()` is false: how a test stops it half-way. */
export function heldSource<T>(source: Source<T>, holds: () => boolean): Source<T> {
  return {
    ...source,
    createEnumerator: (context, restored) => source.createEnumerator(context, restored),
    createReader: (context) => heldReader(source.createReader(context), holds, context.signal),
  }
}

function heldReader<T>(reader: SourceReader<T>, holds: () => boolean, signal: AbortSignal): SourceReader<T> {
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  let last: 'held' | 'pending' | 'more' = 'pending'
  return {
    start: () => reader.start?.(),
    poll(output) {
      if (holds()) {
        last = 'held'
        return 'pending'
      }
      const result = reader.poll(output, RECORDS_AT_A_TIME)
      if (result === 'end') return 'end'
      last = result
      return 'pending'
    },
    available: (abort) => (last === 'held' ? aborted : last === 'more' ? Promise.resolve() : reader.available(abort)),
    addSplits: (splits) => reader.addSplits(splits),
    snapshotSplits: (checkpointId) => reader.snapshotSplits(checkpointId),
    notifyNoMoreSplits: () => reader.notifyNoMoreSplits?.(),
    notifyCheckpointComplete: (checkpointId) => reader.notifyCheckpointComplete?.(checkpointId),
    notifyCheckpointAborted: (checkpointId) => reader.notifyCheckpointAborted?.(checkpointId),
    close: () => reader.close?.(),
  }
}

const RECORDS_AT_A_TIME = 3

import type { FileReaderFormat, SourceReader, SourceReaderContext } from '@millrace/core/spi'
import type { FileSplit } from './file-split.ts'
import { SplitReading } from './split-reading.ts'

/** Reads its splits one after the other. */
export function fileReader<T>(format: FileReaderFormat<T>, context: SourceReaderContext): SourceReader<T, FileSplit> {
  const waiting: FileSplit[] = []
  let current: SplitReading<T> | undefined

  const openNext = (): SplitReading<T> | undefined => {
    const split = waiting.shift()
    return split === undefined ? undefined : new SplitReading(split, context.fileSystems.forPath(split.path), format)
  }

  return {
    addSplits: (splits) => void waiting.push(...splits),

    poll(output, maxRecords) {
      let left = maxRecords
      while (left > 0) {
        current ??= openNext()
        if (current === undefined) return 'end'
        const state = current.advance()
        if (state === 'pending') return 'pending'
        if (state === 'ready') left -= current.emit(output.forSplit(current.splitId), left)
        else {
          output.releaseSplit(current.splitId)
          current = undefined
        }
      }
      return 'more'
    },

    async available(signal) {
      const reading = current?.reading
      if (reading === undefined || signal.aborted) return
      const aborted = Promise.withResolvers<void>()
      const wake = (): void => aborted.resolve()
      signal.addEventListener('abort', wake, { once: true })
      try {
        await Promise.race([reading, aborted.promise])
      } finally {
        signal.removeEventListener('abort', wake)
      }
    },

    snapshotSplits: () => [...(current === undefined ? [] : [current.snapshot()]), ...waiting],

    async close() {
      await current?.close()
    },
  }
}

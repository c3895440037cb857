import type { PollResult, ReaderOutput, SourceReader, SourceReaderContext } from '../../src/spi/source-reader.ts'
import type { Source, SourceSplit } from '../../src/spi/source.ts'
import type { SplitEnumeratorContext } from '../../src/spi/split-enumerator.ts'

/** What a reader emitted, in order. */
export type Emitted<T> = { readonly split: string | null; readonly value: T; readonly timestamp: number | undefined } | { readonly split: string | null; readonly event: string }

export interface RecordingOutput<T> extends ReaderOutput<T> {
  readonly emitted: readonly Emitted<T>[]
  values(): readonly T[]
}

export function recordingOutput<T>(): RecordingOutput<T> {
  const emitted: Emitted<T>[] = []
  const outputOf = (split: string | null): Omit<ReaderOutput<T>, 'forSplit' | 'releaseSplit'> => ({
    collect: (value, timestamp) => void emitted.push({ split, value, timestamp }),
    emitWatermark: (timestamp) => void emitted.push({ split, event: `watermark ${timestamp}` }),
    markIdle: () => void emitted.push({ split, event: 'idle' }),
    reject: (record) => void emitted.push({ split, event: `rejected ${record.reason}` }),
  })
  return {
    ...outputOf(null),
    forSplit: outputOf,
    releaseSplit: (split) => void emitted.push({ split, event: 'released' }),
    emitted,
    values: () => emitted.flatMap((entry) => ('value' in entry ? [entry.value] : [])),
  }
}

export function readerContext(signal = new AbortController().signal): SourceReaderContext {
  return { subtaskIndex: 0, parallelism: 1, bounded: true, signal } as SourceReaderContext
}

/** All splits that a source hands out at the start. */
export async function splitsOf(source: Source<unknown>, parallelism = 1): Promise<readonly SourceSplit[]> {
  const splits: SourceSplit[] = []
  let more = true
  const context = {
    parallelism,
    signal: new AbortController().signal,
    assignSplits: (_subtask: number, assigned: readonly SourceSplit[]) => void splits.push(...assigned),
    signalNoMoreSplits: () => {
      more = false
    },
  } as unknown as SplitEnumeratorContext
  const enumerator = source.createEnumerator(context, undefined)
  await enumerator.start()
  while (more) enumerator.handleSplitRequest(0)
  return splits
}

/** Through the serializer of the source, as into a checkpoint and back. */
export function throughCheckpoint(source: Source<unknown>, splits: readonly SourceSplit[]): readonly SourceSplit[] {
  const { splitSerializer } = source
  if (splitSerializer === undefined) return JSON.parse(JSON.stringify(splits)) as readonly SourceSplit[]
  return splits.map((split) => splitSerializer.deserialize(splitSerializer.version, splitSerializer.serialize(split)))
}

/** Polls until the reader has ended, or `polls` times. */
export async function drive<T>(reader: SourceReader<T>, output: ReaderOutput<T>, maxRecords: number, polls = Infinity): Promise<PollResult> {
  let result: PollResult = 'more'
  for (let count = 0; count < polls && result !== 'end'; count++) {
    result = reader.poll(output, maxRecords)
    if (result === 'pending') await reader.available(new AbortController().signal)
  }
  return result
}

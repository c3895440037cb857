import { MillraceError } from '../errors.ts'
import { silentLogger } from '../environment/logger.ts'
import { createFileSystems } from '../file-system/file-systems.ts'
import { createMetricRegistry } from '../metrics/metric-registry.ts'
import { jsonSerializer } from '../runtime/checkpoint/json-serializer.ts'
import type { FileSystems } from '../spi/file-systems.ts'
import type { ReaderOutput, SourceReader } from '../spi/source-reader.ts'
import type { Source, SourceSplit } from '../spi/source.ts'
import type { SplitEnumerator } from '../spi/split-enumerator.ts'

/** What a checkpoint of a source holds, in bytes as it would be stored. */
interface SourceSnapshot {
  readonly enumerator: Uint8Array
  readonly splits: readonly Uint8Array[]
}

/** One attempt: an enumerator and its readers, driven by hand. */
interface Attempt<T> {
  readonly emitted: T[]
  /** Polls one reader; false once all have ended. */
  step(): Promise<boolean>
  snapshot(checkpointId: number): SourceSnapshot
  close(): Promise<void>
}

export interface FailureOptions {
  /** Returns [0, 1). */
  readonly random: () => number
  readonly fileSystems?: FileSystems
}

/**
 * Reads a bounded source to its end, taking snapshots at random places, failing at random places, and going on from the
 * last snapshot with another number of readers. Returns what an exactly-once job would have seen.
 */
export async function readWithFailures<T>(source: Source<T>, { random, fileSystems = createFileSystems() }: FailureOptions): Promise<readonly T[]> {
  const safe: T[] = []
  let snapshot: SourceSnapshot | undefined
  let attempt = await openAttempt(source, fileSystems, 1, undefined)
  let checkpointId = 0
  try {
    for (let reading = true; reading; ) {
      reading = await attempt.step()
      const chance = random()
      if (chance < 0.15) {
        snapshot = attempt.snapshot(++checkpointId)
        safe.push(...attempt.emitted.splice(0))
      } else if (chance < 0.25) {
        await attempt.close()
        attempt = await openAttempt(source, fileSystems, 1 + Math.floor(random() * 4), snapshot)
        reading = true
      }
    }
    return [...safe, ...attempt.emitted]
  } finally {
    await attempt.close()
  }
}

async function openAttempt<T>(source: Source<T>, fileSystems: FileSystems, parallelism: number, restored: SourceSnapshot | undefined): Promise<Attempt<T>> {
  const splits = source.splitSerializer ?? jsonSerializer<SourceSplit>()
  const states = source.enumeratorStateSerializer ?? jsonSerializer<unknown>()
  const abort = new AbortController()
  const metrics = createMetricRegistry(() => {}).group({})
  const shared = { signal: abort.signal, fileSystems, logger: silentLogger, metrics, parallelism, now: () => Date.now() }
  const emitted: T[] = []
  const readers: { readonly reader: SourceReader<T>; requested: boolean; noMore: boolean; ended: boolean }[] = []
  const enumerator: SplitEnumerator = source.createEnumerator(
    {
      ...shared,
      assignSplits(subtask, assigned) {
        const target = readers[subtask] as (typeof readers)[number]
        target.requested = false
        target.reader.addSplits(assigned.map((split) => splits.deserialize(splits.version, splits.serialize(split))))
      },
      signalNoMoreSplits(subtask) {
        const target = readers[subtask] as (typeof readers)[number]
        target.noMore = true
        target.reader.notifyNoMoreSplits?.()
      },
      every: () => undefined,
    },
    restored === undefined ? undefined : states.deserialize(states.version, restored.enumerator),
  )
  await enumerator.start()
  for (let subtaskIndex = 0; subtaskIndex < parallelism; subtaskIndex++) {
    const reader = source.createReader({ ...shared, subtaskIndex, bounded: source.bounded })
    await reader.start?.()
    readers.push({ reader, requested: false, noMore: false, ended: false })
  }
  for (const [subtask, { reader }] of readers.entries()) {
    const own = (restored?.splits ?? []).filter((_, index) => index % parallelism === subtask).map((bytes) => splits.deserialize(splits.version, bytes))
    if (own.length > 0) reader.addSplits(own)
    enumerator.addReader?.(subtask, own)
  }
  const output = readerOutput(emitted)
  let next = 0
  return {
    emitted,
    async step() {
      const live = readers.filter(({ ended }) => !ended)
      const current = live[next++ % Math.max(1, live.length)]
      if (current === undefined) return false
      const result = current.reader.poll(output, 1 + (next % 5))
      if (result === 'pending') await current.reader.available(AbortSignal.any([abort.signal, AbortSignal.timeout(STEP_TIMEOUT_MS)]))
      if (result === 'end' && current.noMore) current.ended = true
      if (result === 'end' && !current.requested) {
        current.requested = true
        enumerator.handleSplitRequest(readers.indexOf(current))
      }
      return true
    },
    snapshot: (checkpointId) => ({
      enumerator: states.serialize(enumerator.snapshotState(checkpointId)),
      splits: readers.flatMap(({ reader }) => reader.snapshotSplits(checkpointId)).map((split) => splits.serialize(split)),
    }),
    async close() {
      abort.abort()
      for (const { reader } of readers) await reader.close?.()
      await enumerator.close?.()
    },
  }
}

/** How long a reader may have nothing, before the next one has its turn. */
const STEP_TIMEOUT_MS = 1000

function readerOutput<T>(emitted: T[]): ReaderOutput<T> {
  const output: ReaderOutput<T> = {
    collect: (value) => void emitted.push(value),
    reject(record) {
      throw new MillraceError(record.code, record.reason, { origin: 'user', at: { file: record.source } })
    },
    emitWatermark: () => undefined,
    markIdle: () => undefined,
    forSplit: () => output,
    releaseSplit: () => undefined,
  }
  return output
}

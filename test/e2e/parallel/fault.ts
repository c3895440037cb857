import { closeSync, openSync } from 'node:fs'
import type { Sink, Source } from '@millrace/core/spi'
import { overriding } from '../../chaos/faults/overriding.ts'
import type { JobParts } from '../../chaos/jobs/chaos-job.ts'

/** What goes wrong. */
export type FaultKind = 'throw' | 'exit' | 'heap' | 'loop' | 'spin' | 'timer'
/** In which call. */
export type FaultPoint = 'createReader' | 'addSplits' | 'poll' | 'snapshotSplits' | 'createWriter' | 'write' | 'flush' | 'prepareCommit' | 'commit'

export interface Fault {
  readonly kind: FaultKind
  readonly point: FaultPoint
  /** At this call, counted in each thread from 1. */
  readonly call: number
  /** A file that says it has happened: once, whatever is restarted. */
  readonly marker: string
}

const SPIN_MS = 2_500

/** Wraps what a job reads and writes so that the faults happen, each once. */
export function withFaults(faults: readonly Fault[]): JobParts {
  const calls = new Map<FaultPoint, number>()
  const hit = (point: FaultPoint): void => {
    const call = (calls.get(point) ?? 0) + 1
    calls.set(point, call)
    for (const fault of faults) if (fault.point === point && call >= fault.call && claim(fault.marker)) fail(fault.kind)
  }
  return {
    source: <T>(source: Source<T>): Source<T> =>
      overriding(source, {
        createReader(context) {
          hit('createReader')
          const reader = source.createReader(context)
          return overriding(reader, {
            addSplits(splits) {
              hit('addSplits')
              reader.addSplits(splits)
            },
            poll(output, maxRecords) {
              hit('poll')
              return reader.poll(output, maxRecords)
            },
            snapshotSplits(checkpointId) {
              hit('snapshotSplits')
              return reader.snapshotSplits(checkpointId)
            },
          })
        },
      }),
    sink: <T>(sink: Sink<T>): Sink<T> =>
      overriding(sink, {
        async createWriter(context, restored) {
          hit('createWriter')
          const writer = await sink.createWriter(context, restored)
          return overriding(writer, {
            write(value, writeContext) {
              hit('write')
              writer.write(value, writeContext)
            },
            async flush(endOfInput) {
              hit('flush')
              await writer.flush(endOfInput)
            },
            async prepareCommit(checkpointId) {
              hit('prepareCommit')
              return (await writer.prepareCommit?.(checkpointId)) ?? []
            },
          })
        },
        async createCommitter(context) {
          const committer = await sink.createCommitter?.(context)
          return {
            async commit(committables) {
              hit('commit')
              await committer?.commit(committables)
            },
          }
        },
      }),
  }
}

function claim(marker: string): boolean {
  try {
    closeSync(openSync(marker, 'wx'))
    return true
  } catch {
    return false
  }
}

function fail(kind: FaultKind): void {
  switch (kind) {
    case 'throw':
      throw new Error('planted')
    case 'exit':
      process.exit(3)
    case 'heap': {
      const kept: unknown[] = []
      for (;;) kept.push({ index: kept.length, text: [kept.length] })
    }
    case 'loop':
      for (;;) spin()
    case 'spin':
      spin()
      return
    case 'timer':
      setTimeout(() => {
        throw new RangeError('planted in a timer')
      }, 1)
  }
}

function spin(): void {
  const endMs = performance.now() + SPIN_MS
  let turns = 0
  while (performance.now() < endMs) turns++
}

import { closeSync, openSync } from 'node:fs'
import { MillraceError } from '@millrace/core'
import type { Sink, Source } from '@millrace/core/spi'
import { overriding } from '../../chaos/faults/overriding.ts'
import type { JobParts, UserFunction } from '../../chaos/jobs/chaos-job.ts'

/** What goes wrong. `outage` is an error that may be gone when it is tried again, and so is, however often it comes. */
export type FaultKind = 'throw' | 'outage' | 'exit' | 'heap' | 'loop' | 'spin' | 'timer'
/** In which call. */
export type FaultPoint = 'createReader' | 'addSplits' | 'poll' | 'snapshotSplits' | 'createWriter' | 'write' | 'flush' | 'prepareCommit' | 'commit' | UserFunction

export interface Fault {
  readonly kind: FaultKind
  readonly point: FaultPoint
  /** At this call, counted in each thread from 1. */
  readonly call: number
  /** A file that says it has happened: once, whatever is restarted. */
  readonly marker: string
  /** Of `spin`. Default 2.5 s. */
  readonly spinMs?: number
}

const SPIN_MS = 2_500

/** Wraps what a job reads and writes so that the faults happen, each once. */
export function withFaults(faults: readonly Fault[]): JobParts {
  const calls = new Map<FaultPoint, number>()
  const hit = (point: FaultPoint): void => {
    const call = (calls.get(point) ?? 0) + 1
    calls.set(point, call)
    for (const fault of faults) if (fault.point === point && call >= fault.call && claim(fault.marker)) fail(fault)
  }
  return {
    called: hit,
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

function fail({ kind, spinMs = SPIN_MS }: Fault): void {
  switch (kind) {
    case 'throw':
      throw new Error('planted')
    case 'outage':
      throw new MillraceError('TEST_OUTAGE', 'planted', { origin: 'external', retryable: true })
    case 'exit':
      process.exit(3)
    case 'heap': {
      const kept: unknown[] = []
      for (;;) kept.push({ index: kept.length, text: [kept.length] })
    }
    case 'loop':
      for (;;) spin(spinMs)
    case 'spin':
      spin(spinMs)
      return
    case 'timer':
      setTimeout(() => {
        throw new RangeError('planted in a timer')
      }, 1)
  }
}

function spin(ms: number): void {
  const endMs = performance.now() + ms
  let turns = 0
  while (performance.now() < endMs) turns++
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BadRecord, FileSystem, FileSystems, Logger, MetricGroup, ReaderOutput, Source, SourceReader, SinkWriterContext, SplitEnumerator } from '@millrace/core/spi'
import { onTestFinished } from 'vitest'
import { createFileSystems } from '@millrace/core/testing'
import type { FileEnumeratorState } from '../../src/source/file-enumerator.ts'
import type { FileSplit } from '../../src/source/file-split.ts'

export const fileSystems: FileSystems = createFileSystems()

/** A fresh directory, removed when the running test is done. */
export async function temporaryDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'millrace-file-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

export const onFileSystem = (fileSystem: FileSystem): FileSystems => ({ forPath: () => fileSystem })

const metrics: MetricGroup = { counter: () => ({ value: 0 }), gauge() {}, group: () => metrics }

export function recordingLogger(): Logger & { readonly warnings: string[] } {
  const warnings: string[] = []
  return { warnings, debug() {}, info() {}, warn: (fields, message) => void warnings.push(`${String(fields['file'])}: ${message}`), error() {} }
}

export interface Coordinator {
  readonly enumerator: SplitEnumerator<FileSplit, FileEnumeratorState>
  readonly assigned: (readonly [subtask: number, split: FileSplit])[]
  readonly finished: number[]
  readonly warnings: string[]
  /** Lets the period of `every` pass once. */
  tick(): Promise<void>
  readonly periodMs: number | undefined
}

/** Starts an enumerator of `source` as a coordinator would. State goes through JSON, as in a checkpoint. */
export async function coordinate(source: Source<unknown>, restored?: FileEnumeratorState): Promise<Coordinator> {
  const assigned: (readonly [number, FileSplit])[] = []
  const finished: number[] = []
  const logger = recordingLogger()
  let periodic: { readonly periodMs: number; readonly action: () => void | Promise<void> } | undefined
  const enumerator = source.createEnumerator(
    {
      parallelism: 2,
      signal: new AbortController().signal,
      fileSystems,
      logger,
      metrics,
      now: () => 0,
      assignSplits: (subtask, splits) => void assigned.push(...splits.map((split) => [subtask, JSON.parse(JSON.stringify(split)) as FileSplit] as const)),
      signalNoMoreSplits: (subtask) => void finished.push(subtask),
      every: (periodMs, action) => (periodic = { periodMs, action }),
    },
    restored === undefined ? undefined : JSON.parse(JSON.stringify(restored)),
  ) as SplitEnumerator<FileSplit, FileEnumeratorState>
  await enumerator.start()
  return {
    enumerator,
    assigned,
    finished,
    warnings: logger.warnings,
    tick: async () => periodic?.action(),
    periodMs: periodic?.periodMs,
  }
}

/** All splits of a source, by asking until there are none. */
export async function allSplits(source: Source<unknown>): Promise<readonly FileSplit[]> {
  const { enumerator, assigned, finished } = await coordinate(source)
  while (finished.length === 0) enumerator.handleSplitRequest(0)
  return assigned.map(([, split]) => split)
}

export type ReadEvent<T> = { readonly good: T } | { readonly bad: BadRecord }

export interface Collected<T> {
  readonly events: ReadEvent<T>[]
  readonly released: string[]
}

export function collectingOutput<T>(into: Collected<T>): ReaderOutput<T> {
  const output: ReaderOutput<T> = {
    collect: (good) => void into.events.push({ good }),
    reject: (bad) => void into.events.push({ bad }),
    emitWatermark() {},
    markIdle() {},
    forSplit: () => output,
    releaseSplit: (id) => void into.released.push(id),
  }
  return output
}

export function openReader<T>(source: Source<T>, splits: readonly FileSplit[], systems: FileSystems = fileSystems): SourceReader<T, FileSplit> {
  const reader = source.createReader({
    subtaskIndex: 0,
    parallelism: 1,
    bounded: source.bounded,
    signal: new AbortController().signal,
    fileSystems: systems,
    logger: recordingLogger(),
    metrics,
    now: () => 0,
  }) as SourceReader<T, FileSplit>
  reader.addSplits(splits)
  return reader
}

/** Polls until `enough` events were emitted or the splits are exhausted. */
export async function read<T>(reader: SourceReader<T, FileSplit>, into: Collected<T>, enough = Infinity, maxRecords = 1000): Promise<'end' | 'more'> {
  const output = collectingOutput(into)
  while (into.events.length < enough) {
    const result = reader.poll(output, Math.min(maxRecords, enough - into.events.length))
    if (result === 'end') return 'end'
    if (result === 'pending') await reader.available(new AbortController().signal)
  }
  return 'more'
}

/** Reads all there is. */
export async function readAll<T>(source: Source<T>, splits: readonly FileSplit[]): Promise<readonly ReadEvent<T>[]> {
  const reader = openReader(source, splits)
  const into: Collected<T> = { events: [], released: [] }
  try {
    await read(reader, into)
  } finally {
    await reader.close?.()
  }
  return into.events
}

export interface Clock {
  ms: number
}

export function sinkContext(options: { readonly subtask?: number; readonly clock?: Clock; readonly systems?: FileSystems } = {}): SinkWriterContext {
  const { subtask = 0, clock = { ms: 0 }, systems = fileSystems } = options
  return {
    subtaskIndex: subtask,
    parallelism: 2,
    jobName: 'test',
    firstCheckpointId: 1,
    signal: new AbortController().signal,
    fileSystems: systems,
    logger: recordingLogger(),
    metrics,
    now: () => clock.ms,
    currentWatermark: () => -Infinity,
  }
}

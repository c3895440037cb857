import { MillraceError } from '../errors.ts'
import type { StreamGraph } from '../graph/stream-graph.ts'
import type { SourceReader } from '../spi/source-reader.ts'
import type { Source } from '../spi/source.ts'

/** Makes every source of a job fail when a test says so. */
export interface Crash {
  /** The graph with its sources wrapped. */
  wrap(graph: StreamGraph): StreamGraph
  /** Fails all readers that are open now. */
  strike(): void
}

export function createCrash(): Crash {
  let struck = Promise.withResolvers<never>()
  struck.promise.catch(() => undefined)
  const wrapSource = (source: Source<unknown>): Source<unknown> => ({
    ...source,
    createEnumerator: (context, restored) => source.createEnumerator(context, restored),
    createReader: (context) => crashing(source.createReader(context), struck.promise),
  })
  return {
    wrap: (graph) => ({
      ...graph,
      nodes: graph.nodes.map((node) => (node.operator.kind === 'source' ? { ...node, operator: { ...node.operator, source: wrapSource(node.operator.source) } } : node)),
    }),
    strike() {
      const { reject } = struck
      struck = Promise.withResolvers<never>()
      struck.promise.catch(() => undefined)
      reject(new MillraceError('CORE_TEST_CRASH', 'the test crashed the job', { origin: 'external', retryable: true }))
    },
  }
}

/** `struck` rejects when the reader is to fail: its next call does, or what it waits for. */
function crashing<T>(reader: SourceReader<T>, struck: Promise<never>): SourceReader<T> {
  let failure: unknown
  struck.catch((error: unknown) => (failure = error))
  const { pauseOrResumeSplits } = reader
  return {
    start: () => reader.start?.(),
    poll(output, maxRecords) {
      if (failure !== undefined) throw failure
      return reader.poll(output, maxRecords)
    },
    available: (signal) => Promise.race([reader.available(signal), struck]),
    addSplits: (splits) => reader.addSplits(splits),
    snapshotSplits: (checkpointId) => reader.snapshotSplits(checkpointId),
    ...(pauseOrResumeSplits === undefined ? {} : { pauseOrResumeSplits: pauseOrResumeSplits.bind(reader) }),
    notifyNoMoreSplits: () => reader.notifyNoMoreSplits?.(),
    notifyCheckpointComplete: (checkpointId) => reader.notifyCheckpointComplete?.(checkpointId),
    notifyCheckpointAborted: (checkpointId) => reader.notifyCheckpointAborted?.(checkpointId),
    close: () => reader.close?.(),
  }
}

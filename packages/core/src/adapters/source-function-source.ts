import { defineSource } from '../spi/define-source.ts'
import type { SourceFunction } from '../spi/source-function.ts'
import type { SourceReader, SourceReaderContext } from '../spi/source-reader.ts'
import type { Source } from '../spi/source.ts'
import { FunctionRun } from './function-run.ts'
import { functionSplitSerializer } from './function-split.ts'
import type { FunctionSplit } from './function-split.ts'
import { untilAborted } from './until-aborted.ts'

/**
 * A SourceFunction as a Source. Each instance is a split, so it keeps its index and its state when the job is rescaled, and
 * several may run in one subtask.
 *
 * The function is ahead of the job: it has collected records that were not emitted when a barrier comes. `snapshotState` tells
 * where the function is, not where the job is, so those records become part of the snapshot, and are emitted first after a
 * restore. The state is taken at the moment of the checkpoint, when the loop stands at an `await`; nothing is replayed twice.
 */
export function sourceFunctionSource<T>(source: SourceFunction<T>): Source<T> {
  return defineSource<T, FunctionSplit>({
    name: source.name,
    bounded: source.bounded ?? true,
    ...(source.type === undefined ? {} : { type: source.type }),
    splitSerializer: functionSplitSerializer(source.type),
    async discover(_signal, parallelism) {
      const count = source.parallel === true ? parallelism : 1
      return Array.from({ length: count }, (_, index) => ({ id: `${index}`, index, count, finished: false, pending: [] }))
    },
    createReader: (context) => functionReader(source, context),
  })
}

function functionReader<T>(source: SourceFunction<T>, context: SourceReaderContext): SourceReader<T, FunctionSplit> {
  let runs: readonly FunctionRun<T>[] = []
  const paused = new Set<string>()
  let closed: readonly FunctionRun<T>[] = []
  let woken = Promise.withResolvers<void>()
  const stopping = new AbortController()
  const signal = AbortSignal.any([context.signal, stopping.signal])
  let awake = false
  const wake = (): void => {
    awake = true
    woken.resolve()
  }

  return {
    addSplits(splits) {
      runs = [...runs, ...splits.map((split) => new FunctionRun(source.name, split, source.open(split.state)))]
    },
    snapshotSplits: (checkpointId) => runs.map((run) => run.snapshot(checkpointId)),
    poll(output, maxRecords) {
      let left = maxRecords
      for (const run of runs) {
        run.start(signal, wake)
        if (!paused.has(run.id)) left -= run.emit(output.forSplit(run.id), Math.max(1, left))
      }
      const ended = runs.filter((run) => run.ended)
      if (ended.length > 0) {
        for (const run of ended) output.releaseSplit(run.id)
        runs = runs.filter((run) => !run.ended)
        closed = [...closed, ...ended]
      }
      if (runs.length === 0) return 'end'
      if (runs.some((run) => run.hasPending && !paused.has(run.id))) return 'more'
      // A task polls for other reasons too, while it still awaits the promise of an earlier `available`: that one must stay.
      if (awake) woken = Promise.withResolvers()
      awake = false
      return 'pending'
    },
    available: (abort) => untilAborted(woken.promise, abort),
    pauseOrResumeSplits(pause, resume) {
      for (const id of pause) paused.add(id)
      for (const id of resume) paused.delete(id)
      wake()
    },
    notifyCheckpointComplete: (checkpointId) => [...runs, ...closed].forEach((run) => run.notifyCheckpointComplete(checkpointId)),
    async close() {
      stopping.abort()
      await Promise.all([...runs, ...closed].map((run) => run.close()))
    },
  }
}

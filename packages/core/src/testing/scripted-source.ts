import type { Clock } from '../runtime/time/clock.ts'
import { defineSource } from '../spi/define-source.ts'
import type { Source } from '../spi/source.ts'
import { kindOf, type ScriptEvent } from './script.ts'
import { createScriptReader, type ScriptSplit } from './script-reader.ts'

/** Records, plain or `at(…)` a time, and markers. */
export type Script<T> = readonly (T | ScriptEvent<T>)[]

export interface ScriptOptions {
  /** Needed by the markers `processingTime` and `idle`. */
  readonly clock?: Clock
  /** How long `idle` waits: more than the idle timeout of the watermark strategy and two auto-watermark intervals. Default 401. */
  readonly idleTimeoutMs?: number
}

/**
 * A source that does what its scripts say, one split each, dealt out to the subtasks in turn: crash tests as data. It
 * resumes at the exact place of its snapshot, and gives way to the rest of the job after every few records, so that
 * checkpoints find it everywhere. It is bounded when every script has an `end`. The object remembers which crashes have
 * happened, over attempts and jobs.
 */
export function scriptedSource<T>(...scripts: readonly Script<T>[]): Source<T> {
  return scriptedSourceWith({}, scripts)
}

/** The same with options. */
export function scriptedSourceWith<T>(options: ScriptOptions, scripts: readonly Script<T>[]): Source<T> {
  const crashed = new Set<string>()
  return defineSource<T, ScriptSplit, boolean>({
    name: 'scripted',
    bounded: scripts.every((script) => script.some((event) => kindOf(event) === 'end')),
    // All at once, unlike splits that are asked for one by one: a script without an end would keep the others waiting.
    createEnumerator: (context, restored = false) => {
      const assigned = new Set<number>()
      return {
        start: () => undefined,
        addReader(subtask) {
          if (restored || assigned.has(subtask)) return
          assigned.add(subtask)
          const own = scripts.map((_, index) => ({ id: String(index), position: 0 })).filter((_, index) => index % context.parallelism === subtask)
          context.assignSplits(subtask, own)
        },
        handleSplitRequest: (subtask) => context.signalNoMoreSplits(subtask),
        addSplitsBack: (splits, subtask) => context.assignSplits(subtask, splits),
        snapshotState: () => true,
      }
    },
    createReader: (context) => createScriptReader(scripts, options, crashed, context),
  })
}

import { setImmediate as nextTurn } from 'node:timers/promises'
import { MillraceError } from '../errors.ts'
import type { SourceOutput, SourceReader, SourceReaderContext } from '../spi/source-reader.ts'
import { kindOf, type Marker, type Timed } from './script.ts'
import type { Script, ScriptOptions } from './scripted-source.ts'

export interface ScriptSplit {
  readonly id: string
  /** Index of the event that comes next. */
  readonly position: number
}

interface OpenSplit {
  readonly id: string
  readonly script: Script<unknown>
  position: number
  /** Whether the marker at `position` has been waited for. */
  wait: 'none' | 'waiting' | 'over'
  /** The first checkpoint taken while the marker `checkpoint` waits. */
  checkpointId: number | undefined
}

/** Turns of the event loop that a crash waits, so that the records before it get to the end of the job first. */
const TURNS_BEFORE_CRASH = 4
/** For a timeout of 1 ms and the default auto-watermark interval. */
const DEFAULT_IDLE_TIMEOUT_MS = 401

export function createScriptReader<T>(scripts: readonly Script<T>[], options: ScriptOptions, crashed: Set<string>, context: SourceReaderContext): SourceReader<T, ScriptSplit> {
  const splits: OpenSplit[] = []
  const paused = new Set<string>()
  let next = 0
  let woken = Promise.withResolvers<void>()
  context.signal.addEventListener('abort', () => woken.resolve(), { once: true })

  const pass = (split: OpenSplit): void => {
    split.position++
    split.wait = 'none'
    split.checkpointId = undefined
  }
  /** Starts waiting the first time; true once `start` has called back. */
  const waited = (split: OpenSplit, start: (over: () => void) => void): boolean => {
    if (split.wait !== 'none') return split.wait === 'over'
    split.wait = 'waiting'
    start(() => {
      split.wait = 'over'
      woken.resolve()
    })
    return false
  }
  const waitedUntil = (split: OpenSplit, timeMs: number): boolean =>
    waited(split, (over) => {
      const { clock } = options
      if (clock === undefined) throw new MillraceError('CORE_TEST_CLOCK', 'Expected a clock for the markers processingTime and idle, found none; use them in runPipeline, or give scriptedSourceWith a clock', { origin: 'user' })
      // Twice, so that timers due at the same moment have fired in between.
      clock.schedule(timeMs - clock.now(), () => clock.schedule(0, over))
    })
  /** False: the script cannot go on yet. */
  const play = (split: OpenSplit, marker: Marker, output: SourceOutput<T>): boolean => {
    if ('watermark' in marker) output.emitWatermark(marker.watermark)
    else if ('timeMs' in marker) return waitedUntil(split, marker.timeMs)
    else if (kindOf(marker) === 'crash') {
      const place = `${split.id}:${split.position}`
      if (crashed.has(place)) return true
      if (!waited(split, (over) => void turns(TURNS_BEFORE_CRASH).then(over))) return false
      crashed.add(place)
      throw new MillraceError('CORE_SCRIPTED_CRASH', `Script ${split.id} crashes at position ${split.position}`, { origin: 'external', retryable: true, at: { file: split.id, offset: split.position } })
    } else if (kindOf(marker) === 'idle') {
      if (split.wait === 'none') output.markIdle()
      return waitedUntil(split, context.now() + (options.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS))
    } else {
      split.wait = 'waiting'
      return false
    }
    return true
  }
  /** Plays up to a marker that waits, or a few events; how many changes from place to place. */
  const playSome = (split: OpenSplit, output: SourceOutput<T>): void => {
    for (let left = 1 + (split.position % 7); left > 0 && split.position < split.script.length; left--) {
      const event = split.script[split.position]
      const kind = kindOf(event)
      if (kind === 'end') return
      if (kind === 'value') output.collect(event as T)
      else if (kind === 'record') output.collect((event as Timed<T>).value, (event as Timed<T>).at)
      else if (!play(split, event as Marker, output)) return
      pass(split)
    }
  }
  const canGoOn = (split: OpenSplit): boolean => !paused.has(split.id) && split.wait !== 'waiting' && split.position < split.script.length

  return {
    addSplits(added) {
      for (const { id, position } of added) splits.push({ id, script: scripts[Number(id)] as Script<T>, position, wait: 'none', checkpointId: undefined })
      woken.resolve()
    },
    snapshotSplits: (checkpointId) =>
      splits.map((split) => {
        if (kindOf(split.script[split.position]) !== 'checkpoint') return { id: split.id, position: split.position }
        split.checkpointId ??= checkpointId
        // Whoever restores this snapshot has the checkpoint that the marker asks for.
        return { id: split.id, position: split.position + 1 }
      }),
    poll(output) {
      const split = splits[next++ % Math.max(1, splits.length)]
      if (split === undefined) return 'end'
      woken = Promise.withResolvers()
      if (!paused.has(split.id)) playSome(split, output.forSplit(split.id))
      if (kindOf(split.script[split.position]) === 'end') {
        splits.splice(splits.indexOf(split), 1)
        output.releaseSplit(split.id)
        if (splits.length === 0) return 'end'
      }
      if (context.signal.aborted || splits.some(canGoOn)) woken.resolve()
      return 'pending'
    },
    available: () => woken.promise,
    pauseOrResumeSplits(pause, resume) {
      for (const id of pause) paused.add(id)
      for (const id of resume) paused.delete(id)
      woken.resolve()
    },
    notifyCheckpointComplete(checkpointId) {
      for (const split of splits) {
        if (split.checkpointId === undefined || split.checkpointId > checkpointId) continue
        pass(split)
        woken.resolve()
      }
    },
    notifyCheckpointAborted(checkpointId) {
      for (const split of splits) if (split.checkpointId === checkpointId) split.checkpointId = undefined
    },
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await nextTurn()
}

import { MillraceError } from '../errors.ts'
import { eventStream, type EventStreamOptions } from './event-stream.ts'
import { kindOf, type Marker, type ScriptEvent, type Timed } from './script.ts'

export interface ForAllStreamsOptions {
  /** Streams that are tried. Default 50. */
  readonly runs?: number
  /** Of the first; the others follow it. Default 1. */
  readonly seed?: number
  /** Smaller streams that are tried to find the smallest that fails. Default 500. */
  readonly maxShrinks?: number
}

/**
 * Checks that `property` holds for random streams: it fails by throwing or rejecting. The first stream that fails is made as
 * small as possible, by leaving events out (delta debugging, Zeller and Hildebrandt 2002), and reported with its seed.
 * `options` may differ from seed to seed. Rejects with CORE_TEST_PROPERTY.
 */
export async function forAllStreams<T>(
  options: Omit<EventStreamOptions<T>, 'seed'> | ((seed: number) => Omit<EventStreamOptions<T>, 'seed'>),
  property: (events: readonly ScriptEvent<T>[]) => void | Promise<void>,
  { runs = 50, seed: firstSeed = 1, maxShrinks = 500 }: ForAllStreamsOptions = {},
): Promise<void> {
  const failureOf = async (events: readonly ScriptEvent<T>[]): Promise<{ readonly error: unknown } | undefined> => {
    try {
      await property(events)
      return undefined
    } catch (error) {
      return { error }
    }
  }
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const events = eventStream({ ...(typeof options === 'function' ? options(seed) : options), seed })
    const failure = await failureOf(events)
    if (failure === undefined) continue
    const smallest = await shrink(events, async (fewer) => (await failureOf(fewer)) !== undefined, maxShrinks)
    const { error } = (await failureOf(smallest)) ?? failure
    const lines = smallest.map((event) => `  ${describeEvent(event)}\n`).join('')
    const reason = error instanceof Error ? error.message : String(error)
    const message = `the property fails with seed ${seed}, for ${smallest.length} of ${events.length} events:\n${lines}${reason}`
    throw new MillraceError('CORE_TEST_PROPERTY', message, { origin: 'user', cause: error })
  }
}

/** Leaves out parts, from halves down to single events, while what is left still fails. */
async function shrink<E>(events: readonly E[], fails: (fewer: readonly E[]) => Promise<boolean>, maxTries: number): Promise<readonly E[]> {
  let smallest = events
  let tries = 0
  for (let size = Math.ceil(events.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < smallest.length; ) {
      if (tries++ === maxTries) return smallest
      const fewer = [...smallest.slice(0, from), ...smallest.slice(from + size)]
      if (await fails(fewer)) smallest = fewer
      else from += size
    }
  }
  return smallest
}

function describeEvent(event: ScriptEvent<unknown>): string {
  if (kindOf(event) === 'record') return `at(${(event as Timed<unknown>).at}, ${JSON.stringify((event as Timed<unknown>).value)})`
  const marker = event as Marker
  if ('watermark' in marker) return `watermark(${marker.watermark})`
  return 'timeMs' in marker ? `processingTime(${marker.timeMs})` : kindOf(event)
}

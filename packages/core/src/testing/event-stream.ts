import { MillraceError } from '../errors.ts'
import { at, idle, processingTime, watermark, type ScriptEvent } from './script.ts'
import { seededRandom } from './seeded-random.ts'

/** What a value is made from. */
export interface EventContext {
  /** From 0, in order of event time. */
  readonly index: number
  readonly timestamp: number
  /** Returns [0, 1); from the stream's seed. */
  readonly random: () => number
  /** One of the keys: all as likely, or by `skew`. */
  readonly key: string
}

export interface EventStreamOptions<T> {
  /** The same seed and options give the same events. */
  readonly seed: number
  readonly value: (context: EventContext) => T
  /** Records. Default 100. */
  readonly length?: number
  /** Event time of the first record, epoch ms. Default 0. */
  readonly startMs?: number
  /** Longest event time between two records; each gap is a random part of it, often nothing. Default 1000. */
  readonly gapMs?: number
  /** Keys for `value` to choose from: their number, or the keys themselves. Default 5. */
  readonly keys?: number | readonly string[]
  /** 0 (default): all keys are as likely. 1: the second half as often as the first, the third a third … (Zipf); more is more uneven. */
  readonly skew?: number
  /** How far records may come out of order, in event time. The watermarks allow for it, so that none of them is late. Default 0. */
  readonly outOfOrderMs?: number
  /** Share of records, 0 to 1, that come behind a watermark that has passed them. Default 0. */
  readonly late?: number
  /** How late these are at most, behind the watermark. Default 10 × `gapMs`. */
  readonly lateMs?: number
  /** Share of records, 0 to 1, that are followed by a pause in which the input is idle. Default 0. */
  readonly idle?: number
  /** Records between two watermarks, on average. Default 5; 0: none but at the end of the input. */
  readonly watermarkEvery?: number
}

/**
 * A random stream of timed records and watermarks for `runPipeline` and scripts: out of order, late, idle, skewed. With
 * fast-check: `fc.integer().map((seed) => eventStream({ seed, … }))`; without it: `forAllStreams`, which shrinks.
 */
export function eventStream<T>(options: EventStreamOptions<T>): readonly ScriptEvent<T>[] {
  const { seed, value, length = 100, startMs = 0, gapMs = 1_000, keys = 5, skew = 0, watermarkEvery = 5 } = options
  const { outOfOrderMs = 0, late = 0, lateMs = 10 * gapMs, idle: idleShare = 0 } = options
  const random = seededRandom(seed)
  const choose = keyChooser(typeof keys === 'number' ? Array.from({ length: keys }, (_, index) => `key${index}`) : keys, skew)
  const upTo = (most: number): number => Math.floor(random() * (most + 1))
  let timestamp = startMs
  const arrivals = Array.from({ length }, (_, index) => {
    // a quarter of all records has the timestamp of the one before: that is where order is easily lost
    if (index > 0 && random() > 0.25) timestamp += upTo(gapMs)
    return { value: value({ index, timestamp, random, key: choose(random()) }), timestamp, arrival: timestamp + upTo(outOfOrderMs), late: random() < late }
  }).sort((a, b) => a.arrival - b.arrival)

  const events: ScriptEvent<T>[] = []
  let passed = Number.NEGATIVE_INFINITY
  let nowMs = 0
  for (const record of arrivals) {
    if (watermarkEvery > 0 && random() < 1 / watermarkEvery) {
      // what is still to come arrives no earlier than this record, so it is at most `outOfOrderMs` older
      const next = record.arrival - outOfOrderMs - 1
      if (next > passed) events.push(watermark((passed = next)))
    }
    events.push(at(record.late && passed > Number.NEGATIVE_INFINITY ? passed - upTo(lateMs) : record.timestamp, record.value))
    if (random() < idleShare) events.push(idle, processingTime((nowMs += 1_000)))
  }
  return events
}

/** Chooses by a number in [0, 1). */
function keyChooser(keys: readonly string[], skew: number): (random: number) => string {
  if (keys.length === 0) throw new MillraceError('CORE_TEST_NO_KEYS', 'Expected eventStream to have at least one key to choose from, found none', { origin: 'user' })
  const weights = keys.map((_, index) => 1 / (index + 1) ** skew)
  const total = weights.reduce((a, b) => a + b)
  return (random) => {
    let left = random * total
    const found = keys.find((_, index) => (left -= weights[index] as number) < 0)
    return found ?? (keys.at(-1) as string)
  }
}

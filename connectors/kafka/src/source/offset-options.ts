import { badOption } from './bad-option.ts'

/** Offsets by topic and partition: `{ flights: { 0: 1200, 1: 0 } }`. */
export type OffsetTable = Readonly<Record<string, Readonly<Record<number, number>>>>

export type OffsetReset = 'earliest' | 'latest'

/**
 * Where partitions are read from on the first start; a restored job goes on from its checkpoint instead.
 *
 * `timestamp`: the first record that is not older, or the end. `committedOr`: what the group `groupId` has committed, or else as
 * said. `offsets`: as given, or `orElse` (default `earliest`) for partitions that are not named.
 */
export type StartingOffsets =
  | OffsetReset
  | { readonly timestamp: number | Date }
  | { readonly committedOr: OffsetReset | 'fail' }
  | { readonly offsets: OffsetTable; readonly orElse?: OffsetReset | 'fail' }

/**
 * Where a bounded read ends, exclusively; looked up once, at the first start. `latest`: the end of the partition then, which a
 * read_committed read reaches when the transactions that were open there have ended. `timestamp`: before the first record that is
 * not older, or that end. `committed`: before what the group has committed. `offsets`: as given, for every partition.
 */
export type StoppingOffsets = 'latest' | 'committed' | { readonly timestamp: number | Date } | { readonly offsets: OffsetTable }

const STARTING = "'earliest', 'latest', { timestamp }, { committedOr: 'earliest' | 'latest' | 'fail' } or { offsets, orElse }"
const STOPPING = "'latest', 'committed', { timestamp } or { offsets }"

/** Throws KAFKA_OPTION for what the compiler would not have let through, and for what it cannot see. */
export function checkOffsets(starting: StartingOffsets, stopping: StoppingOffsets | undefined, groupId: string | undefined): void {
  const needsGroup = (typeof starting === 'object' && 'committedOr' in starting) || stopping === 'committed'
  if (needsGroup && groupId === undefined) throw badOption('groupId of kafkaSource', 'the group whose committed offsets are wanted', groupId)
  checkSpec('startingOffsets of kafkaSource', starting, ['earliest', 'latest'], STARTING)
  if (stopping !== undefined) checkSpec('stoppingOffsets of kafkaSource', stopping, ['latest', 'committed'], STOPPING)
}

function checkSpec(option: string, spec: StartingOffsets | StoppingOffsets, words: readonly string[], expected: string): void {
  if (typeof spec === 'string' ? words.includes(spec) : 'committedOr' in spec) return
  if (typeof spec === 'object' && 'timestamp' in spec && Number.isSafeInteger(timestampMs(spec.timestamp))) return
  if (typeof spec === 'object' && 'offsets' in spec) {
    for (const [topic, offsets] of Object.entries(spec.offsets)) {
      for (const [partition, offset] of Object.entries(offsets)) {
        if (!Number.isSafeInteger(offset) || offset < 0) throw badOption(`${option}, ${topic}-${partition},`, 'an offset of at least 0', offset)
      }
    }
    return
  }
  throw badOption(option, expected, spec)
}

export function timestampMs(timestamp: number | Date): number {
  return typeof timestamp === 'number' ? timestamp : timestamp.getTime()
}

/** For `explain()`. */
export function describeOffsets(spec: StartingOffsets | StoppingOffsets): string {
  if (typeof spec === 'string') return spec
  if ('timestamp' in spec) return `from ${new Date(spec.timestamp).toISOString()}`
  return 'committedOr' in spec ? `committed or ${spec.committedOr}` : `offsets ${JSON.stringify(spec.offsets)}`
}

import { MillraceError } from '../../errors.ts'
import type { Partitioning } from '../../graph/partitioning.ts'
import { computeOperatorIndexForKeyGroup, keyGroupOf } from '../../types/key-group.ts'
import type { Key } from '../../types/key.ts'
import { toStateKey } from '../../types/state-key.ts'
import { compileKeySelector } from '../../graph/compile-key-selector.ts'
import type { KeyGroupLoad } from './key-group-load.ts'

/** The index of the channel a record takes. Synchronous, no allocation. */
export type ChannelSelector = (value: unknown) => number

/**
 * `random` returns [0, 1): injected so that a run can be repeated. `load` is told about every record of a hash partitioning.
 * The channels of a broadcast are one, a FanOutChannel.
 */
export function createChannelSelector(
  partitioning: Partitioning,
  channels: number,
  maxParallelism: number,
  startChannel: number,
  random: () => number,
  load: KeyGroupLoad,
): ChannelSelector {
  if (partitioning.kind === 'custom') return customSelector(partitioning, channels)
  if (channels === 1) return () => 0
  switch (partitioning.kind) {
    case 'hash': {
      const select = compileKeySelector(partitioning.key)
      const { records } = load
      return (value) => {
        const keyGroup = keyGroupOf(toStateKey(select(value) as Key), maxParallelism)
        records[keyGroup] = (records[keyGroup] as number) + 1
        return computeOperatorIndexForKeyGroup(maxParallelism, channels, keyGroup)
      }
    }
    case 'rebalance':
    case 'rescale': {
      let next = startChannel % channels
      return () => {
        const channel = next
        next = next + 1 === channels ? 0 : next + 1
        return channel
      }
    }
    case 'shuffle':
      return () => Math.floor(random() * channels)
    case 'broadcast':
    case 'forward':
    case 'global':
      return () => 0
    case 'auto':
      throw new MillraceError('CORE_UNRESOLVED_PARTITIONING', 'An edge reached the runtime with partitioning "auto": the optimizer must resolve it', { origin: 'engine' })
  }
}

function customSelector(partitioning: Extract<Partitioning, { kind: 'custom' }>, channels: number): ChannelSelector {
  const select = compileKeySelector(partitioning.key)
  const partition = partitioning.partition as (key: unknown, partitions: number) => number
  return (value) => {
    const channel = partition(select(value), channels)
    if (Number.isInteger(channel) && channel >= 0 && channel < channels) return channel
    throw new MillraceError('CORE_INVALID_PARTITION', `A custom partitioner must return an integer from 0 to ${channels - 1}, it returned ${String(channel)}`, {
      origin: 'user',
    })
  }
}

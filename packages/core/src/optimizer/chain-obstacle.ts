import type { StreamEdge, StreamNode } from '../graph/stream-graph.ts'

/** What decides whether an operator is called by the one before it. */
export interface ChainCandidate {
  readonly partitioning: StreamEdge['partitioning']
  readonly source: Pick<StreamNode, 'chaining' | 'parallelism' | 'maxParallelism' | 'slotSharingGroup' | 'ioThread' | 'name'>
  readonly target: Pick<StreamNode, 'chaining' | 'parallelism' | 'maxParallelism' | 'slotSharingGroup' | 'ioThread' | 'name'>
  /** How many outputs the target reads, over all of its inputs. */
  readonly targetInputs: number
}

/** Why the two operators cannot be one task, for people to read; null if they can. */
export function chainObstacle({ partitioning, source, target, targetInputs }: ChainCandidate): string | null {
  if (partitioning.kind !== 'forward') return `records are distributed by ${partitioning.kind}`
  if (targetInputs > 1) return `${target.name} reads ${targetInputs} streams`
  if (source.parallelism !== target.parallelism) return `parallelism ${source.parallelism} and ${target.parallelism}`
  if (source.maxParallelism !== target.maxParallelism) return `maxParallelism ${source.maxParallelism} and ${target.maxParallelism}`
  const apart = [source, target].find(({ ioThread }) => ioThread === true)
  if (apart !== undefined) return `${apart.name} runs in a thread for I/O`
  const [from = 'default', to = 'default'] = [source.slotSharingGroup, target.slotSharingGroup]
  if (from !== to) return `slot sharing groups ${from} and ${to}`
  if (target.chaining === 'head') return `${target.name} starts a new chain`
  return source.chaining === 'never' || target.chaining === 'never' ? 'chaining is disabled on one of them' : null
}

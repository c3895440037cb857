import type { Partitioning } from '../../graph/partitioning.ts'

/**
 * Which consumer subtasks a producer subtask is connected to. Pointwise for forward and rescale (each producer serves a
 * contiguous share of the consumers, or each consumer a share of the producers), all-to-all otherwise.
 */
export function targetSubtasks(kind: Partitioning['kind'], producer: number, producers: number, consumers: number): readonly number[] {
  if (kind === 'forward') return [producer]
  if (kind !== 'rescale') return Array.from({ length: consumers }, (_, consumer) => consumer)
  const targets = new Set<number>()
  if (consumers >= producers) {
    for (let consumer = 0; consumer < consumers; consumer++) if (Math.floor((consumer * producers) / consumers) === producer) targets.add(consumer)
  } else {
    targets.add(Math.floor((producer * consumers) / producers))
  }
  return [...targets]
}

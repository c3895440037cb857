import type { Source, SourceSplit } from '@millrace/core/spi'
import { overriding } from '../faults/overriding.ts'
import type { PlantedBug } from './planted-bug.ts'

/** Bugs in where a restored source goes on. */
export const sourceBugs: readonly PlantedBug[] = [
  {
    name: 'split-position-one-record-ahead',
    job: 'keyed-count',
    kills: ['completion-after', 'completion-after'],
    source: (source) => shifted(source, 1),
  },
  {
    name: 'split-position-one-record-behind',
    job: 'session',
    kills: ['completion-after', 'completion-after'],
    source: (source) => shifted(source, -1),
  },
  {
    name: 'assigned-splits-assigned-again',
    job: 'sliding',
    kills: ['completion-after', 'completion-after'],
    source: (source) => overriding(source, { createEnumerator: (context) => source.createEnumerator(context, undefined) }),
  },
]

function shifted<T>(source: Source<T>, by: number): Source<T> {
  return overriding(source, {
    createReader(context) {
      const reader = source.createReader(context)
      return overriding(reader, {
        snapshotSplits: (checkpointId) => reader.snapshotSplits(checkpointId).map((split) => ({ ...split, next: Math.max(0, (split as SourceSplit & { readonly next: number }).next + by) })),
      })
    },
  })
}

import { defineSource } from '../spi/define-source.ts'
import type { Source } from '../spi/source.ts'
import { inferType } from '../types/infer-type.ts'
import type { AnyType, TypeInformation } from '../types/type-information.ts'

interface CollectionSplit {
  readonly id: string
  readonly next: number
}

/** The values, copied now, in order and on one subtask. Their type is `type`, or that of the primitives they all are. */
export function collectionSource<T>(values: Iterable<T>, type?: TypeInformation<T>): Source<T> {
  const captured = [...values]
  const known: AnyType | undefined = type ?? commonPrimitive(captured)
  return defineSource<T, CollectionSplit>({
    name: 'collection',
    bounded: true,
    description: { size: captured.length },
    ...(known === undefined ? {} : { type: known }),
    discover: async () => [{ id: 'collection', next: 0 }],
    createReader() {
      let next = captured.length
      return {
        addSplits(splits) {
          for (const split of splits) next = split.next
        },
        snapshotSplits: () => (next < captured.length ? [{ id: 'collection', next }] : []),
        poll(output, maxRecords) {
          const end = Math.min(captured.length, next + maxRecords)
          while (next < end) output.collect(captured[next++] as T)
          return next < captured.length ? 'more' : 'end'
        },
        available: () => Promise.resolve(),
      }
    },
  })
}

function commonPrimitive(values: readonly unknown[]): AnyType | undefined {
  const first = inferType(values[0])
  return values.every((value) => inferType(value) === first) ? first : undefined
}

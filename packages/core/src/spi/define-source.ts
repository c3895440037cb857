import { MillraceError } from '../errors.ts'
import type { Source, SourceSplit } from './source.ts'
import type { SourceReader, SourceReaderContext } from './source-reader.ts'
import type { SimpleVersionedSerializer } from './simple-versioned-serializer.ts'
import type { SplitEnumerator, SplitEnumeratorContext } from './split-enumerator.ts'

type Common<T, S extends SourceSplit> = Pick<Source<T>, 'name' | 'bounded' | 'type' | 'onBadRecord' | 'description'> & {
  readonly splitSerializer?: SimpleVersionedSerializer<S>
  createReader(context: SourceReaderContext): SourceReader<T, S>
}

/**
 * A source whose splits can be listed once at the start. If it is bounded they are handed out one by one, as readers have read
 * what they hold; otherwise all at once, dealt out in turn, since no reader would ever ask for another.
 */
export interface ListedSource<T, S extends SourceSplit> extends Common<T, S> {
  /** Called once per fresh start on the coordinator (not after a restore). The order is the order of assignment. */
  discover(signal: AbortSignal, parallelism: number): Promise<readonly S[]>
}

/** A source with its own enumerator, for continuous discovery or fixed assignment. */
export interface EnumeratedSource<T, S extends SourceSplit, E> extends Common<T, S> {
  readonly enumeratorStateSerializer?: SimpleVersionedSerializer<E>
  createEnumerator(context: SplitEnumeratorContext<S>, restored: E | undefined): SplitEnumerator<S, E>
}

/** Builds a Source, checking that reader, splits and enumerator fit together. The way to write a source. */
export function defineSource<T, S extends SourceSplit>(source: ListedSource<T, S>): Source<T>
export function defineSource<T, S extends SourceSplit, E>(source: EnumeratedSource<T, S, E>): Source<T>
export function defineSource<T, S extends SourceSplit, E>(source: ListedSource<T, S> | EnumeratedSource<T, S, E>): Source<T> {
  // Split and state types are erased in Source<T>; this is the one place where that is done.
  const erased = source as unknown as Source<T> & { discover?: ListedSource<T, SourceSplit>['discover'] }
  const { name, discover } = erased
  if (discover === undefined) return { ...erased, kind: 'source' }
  const enumerator = erased.bounded ? listedEnumerator : dealingEnumerator
  return { ...erased, kind: 'source', createEnumerator: (context, restored) => enumerator(() => listSplits(name, discover, context), context, restored) }
}

type Listing = () => Promise<readonly SourceSplit[]>

/** Throws CORE_SOURCE_FAILED, and CORE_DUPLICATE_SPLIT: positions are found again by the id of their split. */
async function listSplits(name: string, discover: ListedSource<unknown, SourceSplit>['discover'], context: SplitEnumeratorContext): Promise<readonly SourceSplit[]> {
  let splits: readonly SourceSplit[]
  try {
    splits = await discover(context.signal, context.parallelism)
  } catch (error) {
    throw MillraceError.wrap(error, 'CORE_SOURCE_FAILED', `source ${name} could not list its splits`, { origin: 'external' })
  }
  const ids = new Set<string>()
  for (const { id } of splits) {
    if (ids.has(id)) {
      throw new MillraceError('CORE_DUPLICATE_SPLIT', `expected discover of source ${name} to give each split an id of its own, found "${id}" twice; make the ids unique`, { origin: 'user' })
    }
    ids.add(id)
  }
  return splits
}

function listedEnumerator(list: Listing, context: SplitEnumeratorContext, restored: unknown): SplitEnumerator {
  const remaining: SourceSplit[] = []
  return {
    async start() {
      remaining.push(...(Array.isArray(restored) ? (restored as SourceSplit[]) : await list()))
    },
    handleSplitRequest(subtask) {
      const next = remaining.shift()
      if (next === undefined) context.signalNoMoreSplits(subtask)
      else context.assignSplits(subtask, [next])
    },
    addSplitsBack: (splits) => void remaining.unshift(...splits),
    snapshotState: () => [...remaining],
  }
}

function dealingEnumerator(list: Listing, context: SplitEnumeratorContext, restored: unknown): SplitEnumerator {
  const hands: SourceSplit[][] = Array.from({ length: context.parallelism }, () => [])
  return {
    async start() {
      const splits = Array.isArray(restored) ? (restored as SourceSplit[]) : await list()
      splits.forEach((split, index) => hands[index % context.parallelism]?.push(split))
    },
    addReader(subtask) {
      const own = hands[subtask]?.splice(0) ?? []
      if (own.length > 0) context.assignSplits(subtask, own)
    },
    handleSplitRequest: (subtask) => context.signalNoMoreSplits(subtask),
    addSplitsBack: (splits, subtask) => void hands[subtask]?.push(...splits),
    snapshotState: () => hands.flat(),
  }
}

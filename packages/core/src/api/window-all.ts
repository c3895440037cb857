import { describeAssigner } from '../graph/describe-operator.ts'
import type { KeySelector } from '../graph/partitioning.ts'
import { partitioned } from './stream-handle.ts'
import type { StreamHandle } from './stream-handle.ts'
import { windowedStream } from './windowed-stream.ts'
import type { WindowDraft, WindowedStream } from './windowed-stream.ts'

/** The key of all records in windows over a stream without one. */
export const ALL = 'all'

const key: KeySelector = { kind: 'function', select: () => ALL }

export function windowAll<T, W>(handle: StreamHandle, draft: WindowDraft): WindowedStream<T, typeof ALL, W> {
  const name = draft.name ?? `windowAll ${describeAssigner(draft.assigner)}`
  return windowedStream(partitioned(handle, { kind: 'hash', key }), key, { ...draft, name, parallelism: 1 })
}

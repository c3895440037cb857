import { batchHeaderAt, type BatchHeader } from './batch-header.ts'

/** The whole batches in what was fetched, in order. */
export function scanBatches(bytes: Buffer): readonly BatchHeader[] {
  const batches: BatchHeader[] = []
  for (let header = batchHeaderAt(bytes, 0); header !== undefined; header = batchHeaderAt(bytes, header.end)) batches.push(header)
  return batches
}

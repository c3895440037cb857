import type { WatermarkStrategy } from '../../../src/functions/watermark-strategy.ts'
import type { OperatorSpec } from '../../../src/graph/operator-spec.ts'
import type { SourceOperator } from '../../../src/runtime/operators/source-operator.ts'
import type { BadRecordPolicy } from '../../../src/spi/bad-record.ts'
import { defineSource } from '../../../src/spi/define-source.ts'
import type { PollResult, ReaderOutput } from '../../../src/spi/source-reader.ts'
import type { Source, SourceSplit } from '../../../src/spi/source.ts'
import { createOperatorHarness, type HarnessOptions } from '../../../src/testing/operator-harness.ts'

export interface Split extends SourceSplit {
  readonly position: number
}
type Poll = (output: ReaderOutput<number>, splits: readonly Split[]) => PollResult | void

/** A source whose reader does what the test queued for each poll. */
export function scripted(options: { readonly bounded?: boolean; readonly onBadRecord?: BadRecordPolicy } = {}) {
  const polls: Poll[] = []
  const calls: string[] = []
  const source = defineSource<number, Split>({
    name: 'scripted',
    bounded: false,
    discover: async () => [],
    ...options,
    createReader() {
      const held: Split[] = []
      return {
        poll: (output) => polls.shift()?.(output, held) ?? 'pending',
        available: async () => {},
        addSplits: (splits) => void held.push(...splits),
        snapshotSplits: () => held,
        notifyNoMoreSplits: () => void calls.push('no more splits'),
        notifyCheckpointComplete: (id) => void calls.push(`complete ${id}`),
        close: () => void calls.push('close'),
      }
    },
  })
  return { source, polls, calls }
}

export async function open(source: Source<number>, watermarks: WatermarkStrategy<number>, options: HarnessOptions = {}) {
  const harness = await createOperatorHarness({ kind: 'source', source, watermarks } as unknown as OperatorSpec, options)
  return { harness, operator: harness.operator as SourceOperator }
}

export const split = (id: string): Split => ({ id, position: 0 })

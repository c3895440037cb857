import { MillraceError } from '../errors.ts'
import type { StreamGraphBuilder, NodeDraft } from '../graph/stream-graph-builder.ts'
import { DEAD_LETTER_TAG } from '../graph/stream-graph.ts'
import type { BadRecord, BadRecordPolicy } from '../spi/bad-record.ts'
import type { Sink } from '../spi/sink.ts'
import { long } from '../types/number-types.ts'
import { row } from '../types/row-type.ts'
import { bytes, string } from '../types/simple-types.ts'
import type { TypeInformation } from '../types/type-information.ts'
import { outputOf } from './stream-handle.ts'

/** The schema of dead letters, for the formats of the sinks that take them. */
export const badRecordType: TypeInformation<BadRecord> = row({
  raw: bytes().nullable(),
  source: string(),
  partition: string().nullable(),
  offset: long().nullable(),
  line: long().nullable(),
  field: string().nullable(),
  code: string(),
  reason: string(),
})

/**
 * Gives every dead-letter sink named in a policy its place in the graph: one operator per sink object, reading the dead
 * letters of all operators that name it, so that two of them never write to the same place independently.
 */
export function addDeadLetterSinks(builder: StreamGraphBuilder): void {
  const added = new Map<Sink<BadRecord>, number>()
  for (const node of builder.nodes) {
    const sink = deadLetterSinkOf(node)
    if (sink === undefined) continue
    const output = outputOf(node.id, DEAD_LETTER_TAG, badRecordType)
    const existing = added.get(sink)
    if (existing !== undefined) {
      builder.addInput(existing, output)
      continue
    }
    const id = builder.addNode({
      name: `dead letters of ${node.name}`,
      uid: node.uid === null ? null : `${node.uid}.dead-letter`,
      operator: { kind: 'sink', sink },
      inputs: [[output]],
      stateful: sink.createCommitter !== undefined || sink.writerStateSerializer !== undefined,
    })
    added.set(sink, id)
  }
}

function deadLetterSinkOf(node: Readonly<NodeDraft>): Sink<BadRecord> | undefined {
  const ofSource = node.operator.kind === 'source' ? sinkOf(node.operator.source.onBadRecord) : undefined
  const ofFunctions = sinkOf(node.onError)
  if (ofSource !== undefined && ofFunctions !== undefined && ofSource !== ofFunctions) {
    const message = `expected one dead-letter sink for ${node.name}, found ${ofSource.name} in onBadRecord of the source and ${ofFunctions.name} in onError; use the same sink object in both`
    throw new MillraceError('CORE_TWO_DEAD_LETTER_SINKS', message, { origin: 'user' })
  }
  return ofSource ?? ofFunctions
}

function sinkOf(policy: BadRecordPolicy | undefined): Sink<BadRecord> | undefined {
  return typeof policy === 'object' && 'deadLetter' in policy ? policy.deadLetter : undefined
}

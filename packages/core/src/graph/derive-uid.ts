import type { JsonValue } from '../spi/json-value.ts'
import { hashJson } from './canonical-json.ts'
import { describeKey } from './describe-operator.ts'
import type { OperatorSpec } from './operator-spec.ts'
import type { StreamGraph } from './stream-graph.ts'

/**
 * The uid of every node by id: its own, or one derived from what it is and what it reads, so that changes elsewhere in the
 * job, to options or to functions leave it alone. Equal operators on equal inputs are numbered in order of creation.
 */
export function deriveUids(graph: StreamGraph): readonly string[] {
  const uids: string[] = []
  const seen = new Map<string, number>()
  for (const node of graph.nodes) {
    if (node.uid !== null) {
      uids.push(node.uid)
      continue
    }
    const inputs: JsonValue[] = graph.edges.filter((edge) => edge.target === node.id).map(({ source, input, tag }) => [uids[source] as string, input, tag])
    const structure = { operator: identify(node.operator), keys: node.keys.map((key) => (key === null ? null : describeKey(key))), inputs }
    const derived = `auto-${hashJson(structure).slice(0, 16)}`
    const count = (seen.get(derived) ?? 0) + 1
    seen.set(derived, count)
    uids.push(count === 1 ? derived : `${derived}-${count}`)
  }
  return uids
}

function identify(operator: OperatorSpec): string {
  if (operator.kind === 'source') return `source ${operator.source.name}`
  return operator.kind === 'sink' ? `sink ${operator.sink.name}` : operator.kind
}

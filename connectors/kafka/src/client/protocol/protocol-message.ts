import type { ProtocolReader } from './protocol-reader.ts'
import type { ProtocolWriter } from './protocol-writer.ts'

/**
 * One request of the Kafka protocol in one version, with its answer. Each message is fixed at the newest version that every
 * broker from 2.1 to 4.x understands and that is not flexible, or the first one where there is no other.
 */
export interface ProtocolMessage<in Request, out Response> {
  readonly name: string
  readonly apiKey: number
  readonly version: number
  /** KIP-482: the headers of request and answer carry tagged fields too. */
  readonly flexible?: true
  encode(request: Request, writer: ProtocolWriter): void
  decode(reader: ProtocolReader): Response
}

/** Most messages group what they say about partitions by topic. */
export interface OfTopic<T> {
  readonly topic: string
  readonly partitions: readonly T[]
}

export function groupByTopic<T extends { readonly topic: string }>(items: Iterable<T>): OfTopic<T>[] {
  return Array.from(
    Map.groupBy(items, ({ topic }) => topic),
    ([topic, partitions]) => ({ topic, partitions }),
  )
}

import type { TransactionCoordinatorClient } from '../client/transaction-coordinator-client.ts'
import { parseTransactionalId, transactionalId, type TransactionName } from './transactional-id.ts'

/** What a checkpoint keeps of an exactly-once writer: transactions from `sequence` on are not in it. */
export interface KafkaWriterState extends TransactionName {
  readonly prefix: string
}

export interface Lingering {
  readonly coordinator: TransactionCoordinatorClient
  readonly prefix: string
  readonly timeoutMs: number
  readonly subtask: number
  readonly parallelism: number
  /** The first checkpoint that can contain output of this attempt. */
  readonly generation: number
  readonly restored: readonly KafkaWriterState[]
}

/**
 * Aborts what earlier attempts left open and no checkpoint contains: read_committed consumers would wait for it until it
 * times out. Subtask s sees to subtasks s, s + parallelism, s + 2 · parallelism … of attempts of whatever parallelism, and to
 * the writers whose state it was given. Brokers list open transactions (KIP-664); for those that cannot, ids are taken over
 * one after the other until one was never used, as Flink's probing strategy does.
 */
export async function abortLingering(lingering: Lingering): Promise<number> {
  const { coordinator, prefix, timeoutMs } = lingering
  const prefixes = new Set([prefix, ...lingering.restored.map((state) => state.prefix)])
  let aborted = 0
  for (const one of prefixes) {
    const open = await coordinator.listOpen(`${one}-`)
    if (open === undefined) {
      aborted += await probe(lingering, one)
      continue
    }
    const left = open.filter(({ transactionalId: id, state }) => state === 'Ongoing' && isLeftOver(lingering, one, parseTransactionalId(one, id)))
    await Promise.all(left.map(({ transactionalId: id }) => coordinator.initialize(id, timeoutMs)))
    aborted += left.length
  }
  return aborted
}

function isLeftOver({ subtask, parallelism, generation, restored }: Lingering, prefix: string, name: TransactionName | undefined): boolean {
  if (name === undefined) return false
  if (name.generation >= generation) return name.subtask % parallelism === subtask
  return restored.some((state) => state.prefix === prefix && state.subtask === name.subtask && state.generation === name.generation && name.sequence >= state.sequence)
}

async function probe(lingering: Lingering, prefix: string): Promise<number> {
  const { subtask, parallelism, generation, restored } = lingering
  let aborted = 0
  for (const state of restored) if (state.prefix === prefix) aborted += await probeFrom(lingering, prefix, state)
  // every writer takes over its first id when it opens, so the subtasks of an attempt leave no gap
  for (let one = subtask, found = 1; found > 0; one += parallelism) {
    found = await probeFrom(lingering, prefix, { subtask: one, generation, sequence: 0 })
    aborted += found
  }
  return aborted
}

async function probeFrom({ coordinator, timeoutMs }: Lingering, prefix: string, first: TransactionName): Promise<number> {
  for (let sequence = first.sequence; ; sequence++) {
    const { epoch } = await coordinator.initialize(transactionalId(prefix, { ...first, sequence }), timeoutMs)
    if (epoch === 0) return sequence - first.sequence
  }
}

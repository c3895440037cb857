/**
 * The name of one transaction of a sink: `<prefix>-<subtask>-<generation>-<sequence>`.
 *
 * The generation is the first checkpoint that can contain output of the attempt, so what belongs to a generation above the
 * restored checkpoint is in no checkpoint and can be aborted; within a generation the writer's state in the checkpoint has
 * the next sequence number, and what lies from there on can be aborted too. No id is ever used for two transactions of one
 * history, and none is used up by a checkpoint without records.
 */
export interface TransactionName {
  readonly subtask: number
  readonly generation: number
  readonly sequence: number
}

export function transactionalId(prefix: string, { subtask, generation, sequence }: TransactionName): string {
  return `${prefix}-${subtask}-${generation}-${sequence}`
}

/** Undefined for an id that is not of this prefix. */
export function parseTransactionalId(prefix: string, id: string): TransactionName | undefined {
  if (!id.startsWith(`${prefix}-`)) return undefined
  const [, subtask, generation, sequence] = /^(\d+)-(\d+)-(\d+)$/.exec(id.slice(prefix.length + 1)) ?? []
  return subtask === undefined ? undefined : { subtask: Number(subtask), generation: Number(generation), sequence: Number(sequence) }
}

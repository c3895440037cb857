import { filesOf } from '../runtime/checkpoint/checkpoint-metadata.ts'
import type { KeyedStateFiles, OperatorMetadata } from '../runtime/checkpoint/checkpoint-metadata.ts'
import type { OperatorStateMeta } from '../runtime/state/operator-state-snapshot.ts'
import { EntryReader } from '../runtime/state/entry-encoding.ts'
import type { StateMeta } from '../spi/keyed-state-snapshot.ts'
import { createDataInput } from '../types/byte-data-input.ts'
import type { JsonValue } from '../types/json-value.ts'
import { describeSchema } from '../types/describe-schema.ts'
import type { Savepoint, SavepointOperator } from './open-savepoint.ts'
import { operatorStates } from './read-operator-state.ts'

/** What is in a savepoint, as plain data. */
export interface SavepointDescription {
  readonly path: string
  readonly job: string
  readonly checkpointId: number
  readonly savepoint: boolean
  /** Epoch milliseconds of its barrier. */
  readonly triggeredMs: number
  readonly sizeBytes: number
  readonly operators: readonly OperatorDescription[]
}

export interface OperatorDescription {
  readonly uid: string
  readonly name: string
  readonly parallelism: number
  readonly maxParallelism: number
  readonly finishedSubtasks: number
  /** Of its snapshot files, and of its operator state. */
  readonly sizeBytes: number
  readonly keyedStates: readonly KeyedStateDescription[]
  readonly operatorStates: readonly OperatorStateDescription[]
  /** Of a source: what its enumerator has kept (JSON, or how many bytes if it is not). */
  readonly enumerator?: JsonValue
}

export interface KeyedStateDescription {
  readonly name: string
  readonly kind: StateMeta['kind']
  readonly type: string
  /** Of the user keys of map state. */
  readonly userKeyType?: string
  readonly keys: number
  readonly entries: number
  readonly sizeBytes: number
}

export interface OperatorStateDescription {
  readonly name: string
  readonly redistribution: OperatorStateMeta['redistribution']
  /** Absent for control objects, such as the splits of a source. */
  readonly type?: string
  readonly elements: number
  readonly sizeBytes: number
  /** Of control objects that are JSON: the first of them, such as positions in splits. */
  readonly examples?: readonly JsonValue[]
}

const EXAMPLES = 3

/** Reads everything in the savepoint once, to count it. Rejects with CKPT_CORRUPT or CKPT_NOT_FOUND, naming the file. */
export async function describeSavepoint({ pointer, metadata, operators }: Savepoint): Promise<SavepointDescription> {
  const described: OperatorDescription[] = []
  for (const operator of operators) described.push(await describeOperator(operator))
  return {
    path: pointer,
    job: metadata.jobName,
    checkpointId: metadata.checkpointId,
    savepoint: metadata.savepoint,
    triggeredMs: metadata.timestampMs,
    sizeBytes: described.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    operators: described,
  }
}

async function describeOperator(operator: SavepointOperator): Promise<OperatorDescription> {
  const { uid, name, maxParallelism, subtasks, enumerator } = operator.metadata
  return {
    uid,
    name,
    parallelism: subtasks.length,
    maxParallelism,
    finishedSubtasks: subtasks.filter(({ finished }) => finished).length,
    sizeBytes: subtasks.reduce((sum, { keyed, operatorState }) => sum + (keyed === undefined ? 0 : sizeOf(keyed)) + (operatorState?.length ?? 0), 0),
    keyedStates: await countKeyedStates(operator),
    operatorStates: describeOperatorStates(operator.metadata),
    ...(enumerator === undefined ? {} : { enumerator: jsonOf(enumerator.bytes) ?? `${enumerator.bytes.length} bytes` }),
  }
}

function sizeOf(keyed: KeyedStateFiles): number {
  return filesOf(keyed).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}

async function countKeyedStates({ files }: SavepointOperator): Promise<readonly KeyedStateDescription[]> {
  const counts = new Map<string, KeyedStateDescription>()
  for await (const { states, keyed } of files.open()) {
    const counters = states.map(() => ({ keys: 0, entries: 0, sizeBytes: 0 }))
    for (let keyGroup = keyed.keyGroups.start; keyGroup <= keyed.keyGroups.end; keyGroup++) countGroup(await keyed.read(keyGroup), states, counters)
    for (const [index, state] of states.entries()) {
      const id = `${state.kind === 'timer'} ${state.name}`
      const { keys, entries, sizeBytes } = counters[index] as Counter
      const before = counts.get(id) ?? { ...describeState(state), keys: 0, entries: 0, sizeBytes: 0 }
      counts.set(id, { ...before, keys: before.keys + keys, entries: before.entries + entries, sizeBytes: before.sizeBytes + sizeBytes })
    }
  }
  return [...counts.values()]
}

interface Counter {
  keys: number
  entries: number
  sizeBytes: number
}

/** A key is in one key group only, so that its keys can be told apart group by group. */
function countGroup(bytes: Uint8Array, states: readonly StateMeta[], counters: readonly Counter[]): void {
  const keys = states.map(() => new Set<string>())
  const reader = new EntryReader()
  reader.wrap(bytes)
  while (reader.next()) {
    const counter = counters[reader.state] as Counter
    const begin = reader.input.position
    counter.entries++
    counter.sizeBytes += reader.end - begin
    if (states[reader.state]?.kind === 'timer') reader.readTimestamp()
    const keyBegin = reader.input.position
    reader.readKey()
    keys[reader.state]?.add(Buffer.from(bytes.buffer, bytes.byteOffset + keyBegin, reader.input.position - keyBegin).toString('latin1'))
  }
  for (const [index, found] of keys.entries()) (counters[index] as Counter).keys += found.size
}

function describeState({ name, kind, valueSchema, userKeySchema }: StateMeta): Pick<KeyedStateDescription, 'name' | 'kind' | 'type' | 'userKeyType'> {
  const type = kind === 'timer' ? 'timer' : describeSchema(valueSchema)
  return { name, kind, type, ...(userKeySchema === undefined ? {} : { userKeyType: describeSchema(userKeySchema) }) }
}

function describeOperatorStates(operator: OperatorMetadata): readonly OperatorStateDescription[] {
  const byName = new Map<string, OperatorStateDescription>()
  for (const { meta, elements } of operatorStates(operator).flat()) {
    const before = byName.get(meta.name)
    const { name, redistribution, schema, keySchema } = meta
    const type = schema === undefined ? undefined : keySchema === undefined ? describeSchema(schema) : `${describeSchema(keySchema)} → ${describeSchema(schema)}`
    const examples = schema === undefined ? [...(before?.examples ?? []), ...elements.slice(0, EXAMPLES).flatMap((element) => jsonOf(element) ?? splitOf(element) ?? [])].slice(0, EXAMPLES) : []
    byName.set(name, {
      name,
      redistribution,
      ...(type === undefined ? {} : { type }),
      elements: (before?.elements ?? 0) + elements.length,
      sizeBytes: (before?.sizeBytes ?? 0) + elements.reduce((sum, { length }) => sum + length, 0),
      ...(examples.length === 0 ? {} : { examples }),
    })
  }
  return [...byName.values()]
}

/** A split in the encoding that source operators put around it: varuint version, varuint length, bytes, and where its watermark was. */
function splitOf(element: Uint8Array): JsonValue | undefined {
  try {
    const input = createDataInput(element)
    input.readVarUint()
    return jsonOf(input.readBytes())
  } catch {
    return undefined
  }
}

/** What connectors keep is their own; most of it is JSON. */
function jsonOf(bytes: Uint8Array): JsonValue | undefined {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as JsonValue
  } catch {
    return undefined
  }
}

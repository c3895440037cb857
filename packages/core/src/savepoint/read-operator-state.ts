import { MillraceError } from '../errors.ts'
import type { OperatorMetadata } from '../runtime/checkpoint/checkpoint-metadata.ts'
import { requireReadableOperatorState } from '../runtime/state/operator-state-compatibility.ts'
import { decodeOperatorState } from '../runtime/state/operator-state-snapshot.ts'
import type { OperatorStateElements } from '../runtime/state/operator-state-snapshot.ts'
import { createDataInput } from '../types/byte-data-input.ts'
import { knownType, noSuchState } from './read-keyed-state.ts'
import type { ReadStateOptions } from './read-keyed-state.ts'

/** The operator states of all subtasks as they were written, subtask by subtask. */
export function operatorStates(operator: OperatorMetadata): readonly (readonly OperatorStateElements[])[] {
  return operator.subtasks.map(({ operatorState }) => (operatorState === undefined ? [] : decodeOperatorState(operatorState).states))
}

/** See SavepointOperator.operatorState. Control objects (splits, committables) are the bytes of their own serializer. */
export function readOperatorState(operator: OperatorMetadata, name: string, { type, userKeyType }: ReadStateOptions): readonly unknown[] {
  const { uid } = operator
  const bySubtask = operatorStates(operator)
  const parts = bySubtask.map((states) => states.filter(({ meta }) => meta.name === name)).filter((states) => states.length > 0)
  if (parts.length === 0) throw noSuchState(name, uid, new Set(bySubtask.flat().map(({ meta }) => meta.name)))
  // every subtask has a copy of a broadcast state
  const found = parts[0]?.[0]?.meta.redistribution === 'broadcast' ? parts[0] : parts.flat()
  return found.flatMap(({ meta, elements }): readonly unknown[] => {
    const { schema, keySchema } = meta
    if (schema === undefined) return elements
    const valueType = type ?? knownType(schema, name, uid)
    const keyType = keySchema === undefined ? undefined : (userKeyType ?? knownType(keySchema, name, uid))
    const { id, version } = valueType.serializer
    const wanted = { ...meta, serializer: { id, version }, schema: valueType.schema, ...(keyType === undefined ? {} : { keySchema: keyType.schema }) }
    const readValue = requireReadableOperatorState(meta, wanted, valueType, uid) ?? ((input) => valueType.serializer.read(input))
    return elements.map((element) => {
      const input = createDataInput(element)
      const key = keyType?.serializer.read(input)
      const value = readValue(input)
      if (input.remaining > 0) throw leftOver(name, uid, input.remaining)
      return keyType === undefined ? value : [key, value]
    })
  })
}

function leftOver(name: string, uid: string, bytes: number): MillraceError {
  const message = `Expected an element of state '${name}' to end with its value, found ${bytes} more bytes: the serializer that wrote it is another one`
  return new MillraceError('STATE_CORRUPT', message, { origin: 'external', at: { uid } })
}

import { decodeCheckpointMetadata, encodeCheckpointMetadata, type CheckpointMetadata, type OperatorMetadata, type SubtaskState } from '../../../packages/core/src/runtime/checkpoint/checkpoint-metadata.ts'
import { MIN_WATERMARK } from '../../../packages/core/src/runtime/time/timestamps.ts'
import { createDataInput } from '../../../packages/core/src/types/byte-data-input.ts'
import { createDataOutput } from '../../../packages/core/src/types/byte-data-output.ts'
import { decodeOperatorState, encodeOperatorState } from '../../../packages/core/src/runtime/state/operator-state-snapshot.ts'

/** The metadata of a checkpoint with each operator changed. */
export function editMetadata(bytes: Uint8Array, pointer: string, edit: (operator: OperatorMetadata) => OperatorMetadata, changes: Partial<CheckpointMetadata> = {}): Uint8Array {
  const metadata = decodeCheckpointMetadata(bytes, pointer)
  return encodeCheckpointMetadata({ ...metadata, ...changes, operators: metadata.operators.map(edit) })
}

export function editSubtasks(operator: OperatorMetadata, edit: (subtask: SubtaskState) => SubtaskState): OperatorMetadata {
  return { ...operator, subtasks: operator.subtasks.map(edit) }
}

/** Operator state as if nobody had remembered how far event time was, neither the operators nor the splits of sources. */
export function withoutWatermarks(subtask: SubtaskState): SubtaskState {
  if (subtask.operatorState === undefined) return subtask
  const { states } = decodeOperatorState(subtask.operatorState)
  const kept = states.filter(({ meta }) => !isNamed(meta.name, 'watermark'))
  return {
    ...subtask,
    operatorState: encodeOperatorState({ states: kept.map((state) => (isNamed(state.meta.name, 'source-splits') ? { ...state, elements: state.elements.map(withoutSplitWatermark) } : state)) }),
  }
}

function withoutSplitWatermark(element: Uint8Array): Uint8Array {
  const input = createDataInput(element)
  const output = createDataOutput(element.length)
  output.writeVarUint(input.readVarUint())
  output.writeBytes(input.readBytes())
  output.writeVarLong(MIN_WATERMARK)
  output.writeString('null')
  return output.bytes()
}

/** States of the engine's own may have a prefix. */
function isNamed(state: string, name: string): boolean {
  return state === name || state.endsWith(`.${name}`)
}

import type { OperatorListState } from '../../functions/process-function.ts'
import type { SimpleVersionedSerializer } from '../../spi/simple-versioned-serializer.ts'
import { createDataInput } from '../../types/byte-data-input.ts'
import { createDataOutput } from '../../types/byte-data-output.ts'
import type { OperatorContext } from './stream-operator.ts'

interface Pending {
  readonly checkpointId: number
  readonly committable: unknown
}

/** Committables that wait for their checkpoint. Each rides with every checkpoint until it is committed. */
export class Committables {
  readonly #state: OperatorListState<Pending>
  #pending: readonly Pending[]

  constructor(context: OperatorContext, serializer: SimpleVersionedSerializer<unknown>) {
    this.#state = context.operatorState.objects('sink-committables', pendingSerializer(serializer), 'split')
    this.#pending = [...this.#state.get()]
  }

  add(checkpointId: number, committables: readonly unknown[]): void {
    this.#pending = [...this.#pending, ...committables.map((committable) => ({ checkpointId, committable }))]
  }

  upTo(checkpointId: number): readonly unknown[] {
    return this.#pending.filter((pending) => pending.checkpointId <= checkpointId).map(({ committable }) => committable)
  }

  committed(committables: readonly unknown[]): void {
    const done = new Set(committables)
    this.#pending = this.#pending.filter(({ committable }) => !done.has(committable))
  }

  snapshot(): void {
    this.#state.update(this.#pending)
  }
}

function pendingSerializer(inner: SimpleVersionedSerializer<unknown>): SimpleVersionedSerializer<Pending> {
  return {
    version: 1,
    serialize({ checkpointId, committable }) {
      const output = createDataOutput(256)
      output.writeVarUint(checkpointId)
      output.writeVarUint(inner.version)
      output.writeBytes(inner.serialize(committable))
      return output.bytes()
    },
    deserialize(_version, bytes) {
      const input = createDataInput(bytes)
      const checkpointId = input.readVarUint()
      const version = input.readVarUint()
      return { checkpointId, committable: inner.deserialize(version, input.readBytes()) }
    },
  }
}

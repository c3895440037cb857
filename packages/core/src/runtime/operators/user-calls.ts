import type { StreamNode } from '../../graph/stream-graph.ts'
import type { OperatorContext } from './stream-operator.ts'
import { UndoLog } from './undo-log.ts'
import { UserErrors } from './user-errors.ts'
import { UserOutput } from './user-output.ts'

/**
 * Surrounds calls of user functions: `begin`, the call in a try block, then `succeeded` or `failed`. A call that failed and
 * is forgotten by the operator's policy has emitted nothing and changed no state.
 */
export class UserCalls {
  readonly output: UserOutput
  /** Undefined when nothing ever has to be taken back. */
  readonly undo: UndoLog | undefined
  readonly #errors: UserErrors

  constructor(node: StreamNode, context: OperatorContext) {
    this.#errors = new UserErrors(node, context)
    this.output = new UserOutput(context.output, this.#errors.goesOn)
    this.undo = this.#errors.goesOn ? new UndoLog() : undefined
  }

  begin(timestamp: number): void {
    this.output.timestamp = timestamp
    this.undo?.begin()
  }

  succeeded(): void {
    if (this.undo === undefined) return
    this.undo.commit()
    this.output.flush()
  }

  /** Throws unless the policy says to go on. `doing`: what the function was called for if not for a record. */
  failed(error: unknown, record: unknown, key?: unknown, doing?: string): void {
    this.undo?.rollback()
    this.output.discard()
    this.#errors.handle(error, record, this.output.timestamp, key, doing)
  }
}

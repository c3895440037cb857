import type { OutputTag } from '../../functions/output-tag.ts'
import type { Output } from '../../spi/output.ts'
import type { OperatorOutput } from './stream-operator.ts'

/**
 * Where a user function collects. Directly, or — when the operator goes on after failures — into a buffer until the call
 * has succeeded: a failed call leaves nothing behind, and what fails downstream is not blamed on this function.
 */
export class UserOutput implements Output<unknown> {
  /** Of the element or timer being processed: what a record gets that is collected without one. */
  timestamp = 0
  readonly #output: OperatorOutput
  readonly #buffer: { readonly tag: string | null; readonly value: unknown; readonly timestamp: number }[] | undefined

  constructor(output: OperatorOutput, buffered: boolean) {
    this.#output = output
    this.#buffer = buffered ? [] : undefined
  }

  collect(value: unknown, timestamp: number = this.timestamp): void {
    if (this.#buffer === undefined) this.#output.collect(value, timestamp)
    else this.#buffer.push({ tag: null, value, timestamp })
  }

  collectSide(tag: OutputTag<unknown>, value: unknown): void {
    if (this.#buffer === undefined) this.#output.collectSide(tag.id, value, this.timestamp)
    else this.#buffer.push({ tag: tag.id, value, timestamp: this.timestamp })
  }

  flush(): void {
    if (this.#buffer === undefined || this.#buffer.length === 0) return
    for (const { tag, value, timestamp } of this.#buffer.splice(0)) {
      if (tag === null) this.#output.collect(value, timestamp)
      else this.#output.collectSide(tag, value, timestamp)
    }
  }

  discard(): void {
    if (this.#buffer !== undefined) this.#buffer.length = 0
  }
}

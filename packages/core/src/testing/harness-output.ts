import type { OperatorOutput } from '../runtime/operators/stream-operator.ts'

/** What an operator emitted, in order. */
export type HarnessEvent =
  | { readonly kind: 'record'; readonly value: unknown; readonly timestamp: number }
  | { readonly kind: 'side'; readonly tag: string; readonly value: unknown; readonly timestamp: number }
  | { readonly kind: 'watermark'; readonly timestamp: number }
  | { readonly kind: 'status'; readonly idle: boolean }

/** Captures output; in hostile mode it is full every other time it is asked. */
export class HarnessOutput implements OperatorOutput {
  readonly events: HarnessEvent[] = []
  readonly #hostile: boolean
  readonly #unreadSides: ReadonlySet<string>
  #asked = 0

  constructor(hostile: boolean, unreadSides: readonly string[]) {
    this.#hostile = hostile
    this.#unreadSides = new Set(unreadSides)
  }

  collect(value: unknown, timestamp: number): void {
    this.events.push({ kind: 'record', value, timestamp })
  }

  collectSide(tag: string, value: unknown, timestamp: number): void {
    this.events.push({ kind: 'side', tag, value, timestamp })
  }

  hasSide(tag: string): boolean {
    return !this.#unreadSides.has(tag)
  }

  emitWatermark(timestamp: number): void {
    this.events.push({ kind: 'watermark', timestamp })
  }

  emitStatus(idle: boolean): void {
    this.events.push({ kind: 'status', idle })
  }

  isAvailable(): boolean {
    return !this.#hostile || this.#asked++ % 2 === 1
  }
}

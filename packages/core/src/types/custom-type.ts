import { defineType } from './define-type.ts'
import type { DataInput } from './data-input.ts'
import type { DataOutput } from './data-output.ts'
import type { TypeInformation } from './type-information.ts'

export interface CustomTypeOptions<in out T> {
  /** Stable name of the encoding; it goes into snapshots. */
  readonly id: string
  /** Raised by one whenever the bytes change. */
  readonly version: number
  write(value: T, output: DataOutput): void
  /** Reads exactly the bytes that `write` wrote. */
  read(input: DataInput): T
}

/** A type with an encoding of your own, for class instances and what no other type fits. */
export function custom<T>(options: CustomTypeOptions<T>): TypeInformation<T> {
  const { id, version } = options
  return defineType<T>(
    { kind: 'custom', id, version },
    { id, version, write: (value, output) => options.write(value, output), read: (input) => options.read(input) },
  )
}

import type { DataInput } from './data-input.ts'
import type { DataOutput } from './data-output.ts'

/**
 * How values of T become bytes and back. Stateless and shared by subtasks of one thread.
 * Written into snapshots by `id` and `version`; a change of bytes is a change of `version`.
 */
export interface TypeSerializer<in out T> {
  readonly id: string
  readonly version: number
  /** Throws MillraceError CORE_TYPE_MISMATCH (origin user) naming the field, what was expected and what was found. */
  write(value: T, output: DataOutput): void
  read(input: DataInput): T
}

/** The structure of a type as plain data: goes into plans and snapshots, and is compared on restore. */
export type TypeSchema =
  | {
      readonly kind:
        | 'string'
        | 'boolean'
        | 'int'
        | 'long'
        | 'bigint'
        | 'float'
        | 'double'
        | 'bytes'
        | 'timestamp'
        | 'date'
        | 'time'
        | 'generic'
        | 'json'
    }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'enum'; readonly values: readonly string[] }
  | { readonly kind: 'nullable'; readonly of: TypeSchema }
  | { readonly kind: 'list'; readonly of: TypeSchema }
  | { readonly kind: 'map'; readonly key: TypeSchema; readonly value: TypeSchema }
  | { readonly kind: 'tuple'; readonly of: readonly TypeSchema[] }
  | { readonly kind: 'row'; readonly fields: readonly { readonly name: string; readonly type: TypeSchema }[] }
  | { readonly kind: 'union'; readonly of: readonly TypeSchema[] }
  | { readonly kind: 'custom'; readonly id: string; readonly version: number }

/**
 * What the engine knows at run time about the values of a stream, a key or a state.
 * Invariant in T on purpose: a serializer both reads and writes it. Shared singletons, safe to pass anywhere.
 */
export interface TypeInformation<in out T> {
  readonly schema: TypeSchema
  readonly serializer: TypeSerializer<T>
  nullable(): TypeInformation<T | null>
}

/**
 * A TypeInformation whose type is not tracked: what configuration objects and graph nodes hold, so that they can be
 * covariant. The engine that pairs it with values has checked it at the typed edge.
 */
export interface AnyType {
  readonly schema: TypeSchema
  readonly serializer: {
    readonly id: string
    readonly version: number
    write(value: never, output: DataOutput): void
    read(input: DataInput): unknown
  }
}

/** The static type a TypeInformation stands for. */
export type Infer<S extends { readonly serializer: { read(input: DataInput): unknown } }> = ReturnType<S['serializer']['read']>

import type { WireError } from '../../errors.ts'

/**
 * What a field of a message may hold, as data: it checks, packs and unpacks messages, and pins them in a golden file.
 * `json` is whatever JSON holds; `error` is a WireError.
 */
export type Shape =
  | 'string'
  | 'number'
  | 'boolean'
  | 'bytes'
  | 'json'
  | 'error'
  | { readonly oneOf: readonly string[] }
  | { readonly optional: Shape }
  | { readonly nullable: Shape }
  | { readonly list: Shape }
  | { readonly record: Shape }
  | { readonly fields: Readonly<Record<string, Shape>> }
  | { readonly variants: Readonly<Record<string, Readonly<Record<string, Shape>>>> }

/** The shape that values of T have: a message type that changes without its shape does not compile. */
export type ShapeOf<T> = unknown extends T
  ? 'json'
  : [undefined] extends [T]
    ? { readonly optional: ShapeOf<Exclude<T, undefined>> }
    : [null] extends [T]
      ? { readonly nullable: ShapeOf<Exclude<T, null>> }
      : [T] extends [string]
        ? [string] extends [T]
          ? 'string'
          : { readonly oneOf: readonly T[] }
        : [T] extends [number]
          ? 'number'
          : [T] extends [boolean]
            ? 'boolean'
            : ShapeOfObject<T>

type ShapeOfObject<T> = [T] extends [Uint8Array]
  ? 'bytes'
  : [T] extends [WireError]
    ? 'error'
    : [T] extends [{ readonly kind: string }]
      ? { readonly variants: VariantShapes<T> }
      : [T] extends [readonly (infer E)[]]
        ? { readonly list: ShapeOf<E> }
        : string extends keyof T
          ? { readonly record: ShapeOf<T[keyof T]> }
          : { readonly fields: FieldShapes<T> }

/** A field that may be absent is optional, whatever else it may be. */
export type FieldShapes<T> = {
  readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? { readonly optional: ShapeOf<Exclude<T[K], undefined>> } : ShapeOf<T[K]>
}

/** By `kind`, the other fields of each member of a union. */
export type VariantShapes<T extends { readonly kind: string }> = {
  readonly [K in T['kind']]: FieldShapes<Omit<Extract<T, { readonly kind: K }>, 'kind'>>
}

/** What `error` stands for. */
export const WIRE_ERROR: FieldShapes<Omit<WireError, 'cause'>> & { readonly cause: { readonly optional: 'error' } } = {
  name: 'string',
  message: 'string',
  stack: { optional: 'string' },
  code: { optional: 'string' },
  origin: { optional: { oneOf: ['user', 'external', 'engine'] } },
  retryable: { optional: 'boolean' },
  at: {
    optional: {
      fields: {
        operator: { optional: 'string' },
        uid: { optional: 'string' },
        subtask: { optional: 'number' },
        file: { optional: 'string' },
        line: { optional: 'number' },
        offset: { optional: 'number' },
        field: { optional: 'string' },
        key: { optional: 'string' },
        record: { optional: 'string' },
      },
    },
  },
  cause: { optional: 'error' },
}

import type { Key, KeyAtom } from '../types/key.ts'

/** The names of the fields of T that can be a key: never null, and not an object. (`infer` makes errors show the names.) */
export type KeyField<T> = { [F in keyof T]-?: T[F] extends KeyAtom ? F : never }[keyof T] extends infer F extends string & keyof T ? F : never

/**
 * The key that a selection gives: fields in the order named make a tuple. Written without a condition on T, for the compiler
 * to see that it follows T: what is a stream of T is one of anything T extends.
 */
export type SelectedKey<T, S> = S extends (value: never) => infer K
  ? AsKey<K extends readonly unknown[] ? Readonly<K> : K>
  : S extends string
    ? T[S & keyof T] & KeyAtom
    : S extends readonly [string, ...string[]]
      ? { readonly [I in keyof S]: T[S[I] & keyof T] & KeyAtom }
      : never

type AsKey<K> = Extract<K, Key>

type WidenAtom<A> = A extends string ? string : A extends number ? number : A extends bigint ? bigint : A extends boolean ? boolean : never

/** Keys of the same kind as K: two streams may be connected when their keys are, even if literal types differ. */
export type SameKindOfKey<K extends Key> = K extends KeyAtom ? WidenAtom<K> : { readonly [I in keyof K]: WidenAtom<K[I]> } & readonly [KeyAtom, ...KeyAtom[]]

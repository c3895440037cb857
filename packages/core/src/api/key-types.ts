import type { Key, KeyAtom } from '../types/key.ts'

/** The names of the fields of T that can be a key: never null, and not an object. */
export type KeyField<T> = { [F in keyof T]-?: T[F] extends KeyAtom ? F : never }[keyof T] & string

/** The key made of several fields, in the order named. */
export type KeyOfFields<T, F extends readonly (keyof T)[]> = Extract<{ readonly [I in keyof F]: T[F[I]] }, Key>

type WidenAtom<A> = A extends string ? string : A extends number ? number : A extends bigint ? bigint : A extends boolean ? boolean : never

/** Keys of the same kind as K: two streams may be connected when their keys are, even if literal types differ. */
export type SameKindOfKey<K extends Key> = K extends KeyAtom ? WidenAtom<K> : { readonly [I in keyof K]: WidenAtom<K[I]> } & readonly [KeyAtom, ...KeyAtom[]]

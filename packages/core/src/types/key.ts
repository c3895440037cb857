/** What a stream can be keyed by. Equal keys have equal canonical bytes and the reverse; 1 and 1n differ. */
export type KeyAtom = string | number | bigint | boolean
export type Key = KeyAtom | readonly [KeyAtom, ...KeyAtom[]]

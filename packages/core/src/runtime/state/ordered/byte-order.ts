/** Negative, 0 or positive, by unsigned bytes: the order of every OrderedStore. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b)
}

/** The smallest key greater than `key`. */
export function after(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1)
  next.set(key)
  return next
}

/** The smallest key greater than all that begin with `prefix`, which has a byte below 255. */
export function endOf(prefix: Uint8Array): Uint8Array {
  let length = prefix.length
  while (prefix[length - 1] === 0xff) length--
  const end = prefix.slice(0, length)
  end[length - 1] = (end[length - 1] as number) + 1
  return end
}

/** The first index from `low` to `high` that is not below what is looked for, in ascending order; `high` if all are. */
export function lowerBound(low: number, high: number, isBelow: (index: number) => boolean): number {
  while (low < high) {
    const middle = (low + high) >> 1
    if (isBelow(middle)) low = middle + 1
    else high = middle
  }
  return low
}

/** What a Map finds bytes by; ordered as they are. */
export function byteString(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

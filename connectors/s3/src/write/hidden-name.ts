import { randomBytes } from 'node:crypto'

/**
 * `.<beginning of the name>.millrace-<id of the upload>.<random>`, beside the object: what was written since its last full part.
 * The leading point hides it from this package's listings and from most other tools that read directories of data.
 */
const HIDDEN = /(^|\/)\.[^/]*\.millrace-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[0-9a-f]{12}$/

/** True for what `hiddenKey` makes. */
export function isHiddenKey(key: string): boolean {
  return HIDDEN.test(key)
}

/** What the hidden keys of one upload begin with. */
export function hiddenPrefix(key: string, uploadId: string): string {
  return `${hiddenBeginning(key)}${uploadId}.`
}

/** What the hidden keys of all uploads to an object begin with. */
export function hiddenBeginning(key: string): string {
  const cut = key.lastIndexOf('/') + 1
  return `${key.slice(0, cut)}.${key.slice(cut, cut + 50).toWellFormed()}.millrace-`
}

/** A fresh one. */
export function hiddenSuffix(): string {
  return randomBytes(6).toString('hex')
}

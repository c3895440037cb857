const EMPTY = 0xc15d213aa4d7a795n

const TABLE: readonly bigint[] = Array.from({ length: 256 }, (_, index) => {
  let fingerprint = BigInt(index)
  for (let bit = 0; bit < 8; bit++) fingerprint = (fingerprint >> 1n) ^ ((fingerprint & 1n) === 0n ? 0n : EMPTY)
  return fingerprint
})

/** CRC-64-AVRO: the Rabin fingerprint of a schema in canonical form (Avro specification, "Schema Fingerprints"), unsigned. */
export function rabinFingerprint(canonicalForm: string): bigint {
  let fingerprint = EMPTY
  for (const byte of Buffer.from(canonicalForm)) fingerprint = (fingerprint >> 8n) ^ (TABLE[Number((fingerprint ^ BigInt(byte)) & 0xffn)] as bigint)
  return fingerprint
}

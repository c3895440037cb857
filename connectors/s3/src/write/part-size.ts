/** S3's limits (Amazon S3 User Guide, "multipart upload limits"). */
export const MAX_PARTS = 10_000
const MAX_PART_BYTES = 5 * 1024 ** 3

/** Parts of one size before the next is twice as large. Some stores (Cloudflare R2) want all of an upload to be of one size. */
const PARTS_PER_SIZE = 1000

/**
 * Bytes of the part of this number, from 1: all but the last have exactly so many. Small ones at first, so that little memory is held;
 * doubling, so that 10 000 that begin with 8 MiB hold 7.8 TiB.
 */
export function partBytesAt(partNumber: number, firstBytes: number): number {
  return Math.min(MAX_PART_BYTES, firstBytes * 2 ** Math.floor((partNumber - 1) / PARTS_PER_SIZE))
}

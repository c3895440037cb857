/** A small file that was registered with the job (Flink's distributed cache), as functions see it: read once, whole. */
export interface CachedFile {
  readonly name: string
  /** Path or URL it was read from. */
  readonly path: string
  readonly bytes: Uint8Array
  /** As UTF-8. */
  text(): string
}

import type { WatermarkAlignment } from '../../functions/watermark-strategy.ts'
import type { SourceReader } from '../../spi/source-reader.ts'
import type { SourceWatermarks } from './source-watermarks.ts'
import { MIN_WATERMARK } from './timestamps.ts'

/**
 * Keeps one subtask of a source together with its alignment group (FLIP-182; single splits: FLIP-217). It tells the
 * coordinator how far it is, hears up to where the group may go, and pauses what is ahead of that. Watermarks move in
 * batches, so a split gets ahead by up to one batch more than the drift allows.
 */
export class SourceAlignment {
  /** Nothing of this subtask may be read. */
  paused = false
  readonly #settings: WatermarkAlignment
  readonly #watermarks: SourceWatermarks
  readonly #reader: Pick<SourceReader<unknown>, 'pauseOrResumeSplits'>
  readonly #report: (watermark: number | null) => void
  /** Before the group's first word a first watermark is as far as it goes: the others may not have begun. */
  #maxWatermark = MIN_WATERMARK
  #reported: number | null = MIN_WATERMARK
  #reportedMs = Number.NEGATIVE_INFINITY
  #resumed = Promise.withResolvers<void>()

  /** `report` tells the coordinator the watermark; null while the subtask is idle or ended, and nobody need wait for it. */
  constructor(
    settings: WatermarkAlignment,
    watermarks: SourceWatermarks,
    reader: Pick<SourceReader<unknown>, 'pauseOrResumeSplits'>,
    report: (watermark: number | null) => void,
  ) {
    this.#settings = settings
    this.#watermarks = watermarks
    this.#reader = reader
    this.#report = report
  }

  /** The group may go up to `maxWatermark`. */
  align(maxWatermark: number): void {
    this.#maxWatermark = maxWatermark
    this.#apply()
  }

  /** After a batch, on a tick, and when splits have come. */
  update(now: number): void {
    this.#apply()
    const { maxDriftMs, updateIntervalMs } = this.#settings
    const watermark = this.#watermarks.idle ? null : this.#watermarks.emitted
    const reported = this.#reported
    if (watermark === reported) return
    const isNews = watermark === null || reported === null || watermark < reported || watermark - reported >= maxDriftMs / 2
    if (isNews || now - this.#reportedMs >= updateIntervalMs) this.#send(watermark, now)
  }

  /** No more records will come. */
  end(): void {
    if (this.#reported !== null) this.#send(null, 0)
  }

  /** Resolves when something may be read again. */
  resumed(): Promise<void> {
    return this.#resumed.promise
  }

  #send(watermark: number | null, now: number): void {
    this.#reported = watermark
    this.#reportedMs = now
    this.#report(watermark)
  }

  #apply(): void {
    const paused = this.#reader.pauseOrResumeSplits === undefined || this.#watermarks.splits.hasMain ? this.#pauseAll() : this.#pauseSplits()
    if (this.paused && !paused) {
      this.#resumed.resolve()
      this.#resumed = Promise.withResolvers()
    }
    this.paused = paused
  }

  #pauseAll(): boolean {
    const paused = this.#watermarks.emitted > this.#maxWatermark
    for (const split of this.#watermarks.splits.counted()) split.paused = paused
    return paused
  }

  #pauseSplits(): boolean {
    const pause: string[] = []
    const resume: string[] = []
    let active = false
    let empty = true
    for (const split of this.#watermarks.splits.counted()) {
      const ahead = split.watermark > this.#maxWatermark
      empty = false
      active ||= !ahead
      if (ahead === split.paused) continue
      split.paused = ahead
      ;(ahead ? pause : resume).push(split.id)
    }
    if (pause.length > 0 || resume.length > 0) this.#reader.pauseOrResumeSplits?.(pause, resume)
    return !active && !empty
  }
}

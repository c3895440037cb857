import type { OperatorEvent } from '../../../../src/testing/hostile-run.ts'

export interface Reading {
  readonly key: string
  readonly value: number
}

export interface ModelSpec {
  readonly size: number
  readonly slide: number
  readonly offset: number
  readonly lateness: number
}

export interface ModelResult {
  /** `key start sum @ timestamp`, one per firing. */
  readonly rows: readonly string[]
  readonly late: readonly Reading[]
}

/** What event-time windows mean, written as plainly as possible: every (key, window) on its own. */
export function modelWindows(events: readonly OperatorEvent[], { size, slide, offset, lateness }: ModelSpec): ModelResult {
  const sums = new Map<string, { key: string; start: number; sum: number }>()
  const rows: string[] = []
  const late: Reading[] = []
  let watermark = -Infinity
  const emit = ({ key, start, sum }: { key: string; start: number; sum: number }): void => void rows.push(`${key} ${start} ${sum} @ ${start + size - 1}`)
  const advance = (timestamp: number): void => {
    if (timestamp <= watermark) return
    for (const window of sums.values()) {
      const last = window.start + size - 1
      if (last > watermark && last <= timestamp) emit(window)
    }
    watermark = timestamp
    for (const [id, { start }] of sums) if (start + size - 1 + lateness <= watermark) sums.delete(id)
  }
  for (const event of events) {
    if (event.kind === 'watermark') advance(event.timestamp)
    if (event.kind !== 'element') continue
    const { key, value } = event.value as Reading
    let added = false
    const first = offset + Math.ceil((event.timestamp - offset - size + 1) / slide) * slide
    for (let start = first; start <= event.timestamp; start += slide) {
      const last = start + size - 1
      if (last + lateness <= watermark) continue
      added = true
      const id = `${key} ${start}`
      const window = sums.get(id) ?? { key, start, sum: 0 }
      window.sum += value
      sums.set(id, window)
      if (last <= watermark) emit(window)
    }
    if (!added && event.timestamp + lateness <= watermark) late.push({ key, value })
  }
  advance(Infinity)
  return { rows: rows.sort(), late }
}

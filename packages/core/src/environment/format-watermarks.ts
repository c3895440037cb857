import { formatAge, formatWatermark } from './status-line.ts'
import type { WatermarkCause, WatermarkPlace, WatermarkStatus } from './watermark-status.ts'

/** For people: one line for each edge and split, slowest first, and what to do about what holds time back. */
export function formatWatermarks({ causes, edges, splits }: WatermarkStatus, nowMs: number): string {
  const rows = [
    ...splits.map((split) => [placeName(split), ...cells(split, nowMs)]),
    ...edges.map((edge) => [`${edge.from} ⇒ ${edge.to} #${edge.subtask}`, ...cells(edge, nowMs), edge.heldBy === undefined ? '' : `slowest: #${edge.heldBy}`]),
  ]
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)))
  const table = rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()}\n`)
  const verdicts = causes.length === 0 ? ['Event time is at its end.\n'] : causes.map((cause) => `${verdict(cause, nowMs)}\n`)
  return [...verdicts, ...table].join('')
}

function placeName({ operator, subtask, split }: WatermarkCause): string {
  return `${operator} #${subtask}${split === '' ? '' : ` split ${split}`}`
}

function cells(place: WatermarkPlace, nowMs: number): readonly string[] {
  return [formatWatermark(place.watermark), `${WORDS[place.state]}${place.state === 'advancing' ? '' : age(place, nowMs)}`]
}

function age({ sinceMs }: WatermarkPlace, nowMs: number): string {
  return sinceMs === undefined ? '' : ` for ${formatAge(nowMs - sinceMs)}`
}

function verdict(cause: WatermarkCause, nowMs: number): string {
  if (cause.state === 'advancing') return `Event time advances; slowest is ${placeName(cause)} at ${formatWatermark(cause.watermark)}.`
  return `Event time waits for ${placeName(cause)} at ${formatWatermark(cause.watermark)}: ${WORDS[cause.state]}${age(cause, nowMs)}. ${ADVICE[cause.state]}`
}

const WORDS: Readonly<Record<WatermarkPlace['state'], string>> = {
  advancing: 'advances',
  idle: 'idle',
  aligned: 'paused by its alignment group',
  backPressured: 'back-pressured',
  noData: 'no data',
  outOfOrder: 'only records that are too old to move it',
  noWatermarks: 'records but no watermarks',
}

const ADVICE: Readonly<Record<Exclude<WatermarkPlace['state'], 'advancing'>, string>> = {
  idle: 'All input is idle: time goes on with the next record.',
  aligned: 'It goes on when the slowest of its group has caught up.',
  backPressured: 'Look for the busy task behind it in millrace status.',
  noData: 'If it may be silent for long, give its strategy withIdleness().',
  outOfOrder: 'One record may have come from the future; check the timestamps.',
  noWatermarks: 'Give its source a WatermarkStrategy, or let the generator emit.',
}

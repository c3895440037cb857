import type { JobStatus } from './job-client.ts'

/** Where the status goes. A terminal gets one line that is rewritten; anything else gets plain lines. */
export interface StatusStream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

export interface StatusLineOptions {
  readonly stream: StatusStream
  readonly status: () => JobStatus
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Calls back every `intervalMs` until the returned function is called. */
  readonly every: (intervalMs: number, callback: () => void) => () => void
}

export interface StatusLine {
  /** Writes whole lines without tearing the status; for log lines and whatever else shares the terminal. */
  readonly print: (text: string) => void
  /** Clears the line before something else writes to the terminal; it comes back by itself. */
  readonly hide: () => void
  /** Takes the status off the terminal. */
  stop(): void
}

const TERMINAL_INTERVAL_MS = 250
const PLAIN_INTERVAL_MS = 5_000
const ERASE_LINE = '\r\u001b[K'

export function startStatusLine({ stream, status, now, every }: StatusLineOptions): StatusLine {
  const onTerminal = stream.isTTY === true
  const rates = createRates()
  let shown = ''

  function draw(): void {
    const nowMs = now()
    const current = status()
    const line = formatStatus(current, rates(current, nowMs), nowMs)
    if (!onTerminal) return void stream.write(`${line}\n`)
    // Some terminals do not know their width and say 0.
    shown = line.slice(0, Math.max(1, (stream.columns || 80) - 1))
    stream.write(ERASE_LINE + shown)
  }

  function hide(): void {
    if (shown !== '') stream.write(ERASE_LINE)
    shown = ''
  }

  rates(status(), now())
  const cease = every(onTerminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS, draw)
  return {
    print: (text) => void stream.write(shown === '' ? text : ERASE_LINE + text + shown),
    hide,
    stop() {
      cease()
      hide()
    },
  }
}

export interface Rates {
  readonly inPerSecond: number
  readonly outPerSecond: number
}

/** Rates over about the last second; over the time since the last call where calls are rarer. */
function createRates(): (status: JobStatus, nowMs: number) => Rates {
  const history: { readonly ms: number; readonly in: number; readonly out: number }[] = []
  return (status, nowMs) => {
    while (history.length > 1 && (history[1]?.ms ?? nowMs) <= nowMs - 1_000) history.shift()
    const from = history[0]
    history.push({ ms: nowMs, in: status.recordsIn, out: status.recordsOut })
    const seconds = (nowMs - (from?.ms ?? nowMs)) / 1000
    // A restart may take counts back; a negative rate would only confuse.
    const rate = (count: number, before: number): number => (seconds > 0 ? Math.max(0, (count - before) / seconds) : 0)
    return { inPerSecond: rate(status.recordsIn, from?.in ?? 0), outPerSecond: rate(status.recordsOut, from?.out ?? 0) }
  }
}

/** One line without a line break: what runs, how fast, how far, and what needs attention. */
export function formatStatus(status: JobStatus, rates: Rates, nowMs: number): string {
  const { recordsIn, recordsOut, recordsRejected, recordsLate, numRestarts, failedCheckpoints, watermark, lastCheckpoint, failure } = status
  const parts = [
    `${status.jobName} ${status.state}`,
    `in ${formatCount(rates.inPerSecond)}/s (${formatCount(recordsIn)})`,
    `out ${formatCount(rates.outPerSecond)}/s (${formatCount(recordsOut)})`,
    `watermark ${formatWatermark(watermark)}`,
    lastCheckpoint === undefined ? 'no checkpoint' : `checkpoint ${lastCheckpoint.checkpointId} ${formatAge(nowMs - lastCheckpoint.completedMs)} ago`,
    `rejected ${formatCount(recordsRejected)}`,
    `back-pressure ${formatBackPressure(status)}`,
  ]
  if (recordsLate > 0) parts.push(`late ${formatCount(recordsLate)}`)
  if (failedCheckpoints > 0) parts.push(`failed checkpoints ${failedCheckpoints}`)
  for (const { name, unavailableMs } of status.vertices) if (unavailableMs !== undefined) parts.push(`${name} without an answer for ${formatAge(unavailableMs)}`)
  if (numRestarts > 0) parts.push(`restarts ${numRestarts}`)
  if (failure !== undefined) parts.push(failure.code)
  return parts.join(' | ')
}

function formatBackPressure({ vertices }: JobStatus): string {
  const worst = vertices.reduce<JobStatus['vertices'][number] | undefined>((a, b) => (b.backPressuredRatio > (a?.backPressuredRatio ?? 0) ? b : a), undefined)
  const percent = Math.round((worst?.backPressuredRatio ?? 0) * 100)
  return percent === 0 || worst === undefined ? 'none' : `${percent} % at ${worst.name}`
}

/** Event time in UTC; the end of time is what a finished input says. */
export function formatWatermark(watermark: number | undefined): string {
  if (watermark === undefined || watermark < -8.64e15) return 'none'
  return watermark > 8.64e15 ? 'end' : new Date(watermark).toISOString().replace(/\.000Z$/, 'Z')
}

/** `950`, `12.3 k`, `4.56 M`: three digits and a unit. */
export function formatCount(count: number): string {
  for (const [unit, size] of [['G', 1e9], ['M', 1e6], ['k', 1e3]] as const) {
    if (count >= size * 0.9995) return `${count / size >= 999.5 ? Math.round(count / size) : (count / size).toPrecision(3)} ${unit}`
  }
  return String(Math.round(count))
}

export function formatAge(ms: number): string {
  const seconds = Math.max(0, ms) / 1000
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s` : `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}

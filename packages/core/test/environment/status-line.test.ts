import { expect, test } from 'vitest'
import { formatAge, formatCount, formatStatus, startStatusLine } from '../../src/environment/status-line.ts'
import type { JobStatus } from '../../src/environment/job-client.ts'
import { STATUS } from './scripted-job-client.ts'

const vertex = { id: 1, name: 'window', parallelism: 1, numRecordsIn: 0, numRecordsOut: 0, idle: false, busyRatio: 0.5, backPressuredRatio: 0.314 }

function screen(isTTY: boolean): { written: string[]; tick: (ms: number) => void; line: ReturnType<typeof startStatusLine>; set: (change: Partial<JobStatus>) => void; every: number[] } {
  const written: string[] = []
  let nowMs = 10_000
  let status = STATUS
  let callback: (() => void) | undefined
  const every: number[] = []
  const line = startStatusLine({
    stream: { write: (text) => written.push(text), isTTY, columns: 60 },
    status: () => status,
    now: () => nowMs,
    every: (intervalMs, call) => {
      every.push(intervalMs)
      callback = call
      return () => (callback = undefined)
    },
  })
  const tick = (ms: number): void => {
    nowMs += ms
    callback?.()
  }
  return { written, tick, line, every, set: (change) => void (status = { ...status, ...change }) }
}

test('plain lines when piped, with rates since the last line', () => {
  const { written, tick, set, line, every } = screen(false)
  set({ recordsIn: 50_000, recordsOut: 10 })
  tick(5_000)
  set({ recordsIn: 51_000, recordsOut: 10 })
  tick(5_000)
  line.print('a log line\n')
  line.stop()
  tick(5_000)
  expect(every).toEqual([5_000])
  expect(written).toEqual([
    'flights running | in 10.0 k/s (50.0 k) | out 2/s (10) | watermark none | no checkpoint | rejected 0 | back-pressure none\n',
    'flights running | in 200/s (51.0 k) | out 0/s (10) | watermark none | no checkpoint | rejected 0 | back-pressure none\n',
    'a log line\n',
  ])
})

test('one rewritten line on a terminal, cut to its width; logs go above it', () => {
  const { written, tick, line } = screen(true)
  tick(250)
  const drawn = 'flights running | in 0/s (0) | out 0/s (0) | watermark none'
  expect(written.splice(0)).toEqual([`\r\u001b[K${drawn.slice(0, 59)}`])
  line.print('log\n')
  expect(written.splice(0)).toEqual([`\r\u001b[Klog\n${drawn.slice(0, 59)}`])
  line.hide()
  line.print('print\n')
  line.stop()
  expect(written).toEqual(['\r\u001b[K', 'print\n'])
})

test('on a terminal the rate covers the last second', () => {
  const { written, tick, set } = screen(true)
  for (let i = 1; i <= 8; i++) {
    set({ recordsIn: i <= 4 ? i * 1000 : 4000 + (i - 4) * 10 })
    tick(250)
  }
  expect(written.at(-1)).toContain('in 40/s')
})

test('everything that needs attention is said', () => {
  const status: JobStatus = {
    ...STATUS,
    state: 'restarting',
    watermark: Date.UTC(2001, 2, 1, 12),
    lastCheckpoint: { checkpointId: 7, pointer: 'p', completedMs: 1_000, durationMs: 1, sizeBytes: 1 },
    recordsRejected: 1,
    recordsLate: 3,
    numRestarts: 2,
    failedCheckpoints: 1,
    vertices: [{ ...vertex, name: 'map', backPressuredRatio: 0.1, unavailableMs: 12_000 }, vertex],
    failure: { code: 'CSV_BAD_FIELD', message: 'm' },
  }
  expect(formatStatus(status, { inPerSecond: 1.4, outPerSecond: 0 }, 4_200)).toBe(
    'flights restarting | in 1/s (0) | out 0/s (0) | watermark 2001-03-01T12:00:00Z | checkpoint 7 3.2 s ago | rejected 1 | ' +
      'back-pressure 31 % at window | late 3 | failed checkpoints 1 | map without an answer for 12 s | restarts 2 | CSV_BAD_FIELD',
  )
})

test.each([
  [Number.MAX_SAFE_INTEGER, 'end'],
  [Number.POSITIVE_INFINITY, 'end'],
  [Number.NEGATIVE_INFINITY, 'none'],
  [1, '1970-01-01T00:00:00.001Z'],
])('watermark %d reads %s', (watermark, text) => {
  expect(formatStatus({ ...STATUS, watermark }, { inPerSecond: 0, outPerSecond: 0 }, 0)).toContain(`watermark ${text} |`)
})

test('counts and ages', () => {
  expect([0, 999, 999.6, 12_345, 999_499, 999_500, 1_234_567, 12e9, 1.5e13].map(formatCount)).toEqual(['0', '999', '1.00 k', '12.3 k', '999 k', '1.00 M', '1.23 M', '12.0 G', '15000 G'])
  expect([-5, 120, 9_940, 59_000, 61_000, 7_260_000].map(formatAge)).toEqual(['0 ms', '120 ms', '9.9 s', '59 s', '1 min 1 s', '2 h 1 min'])
})

/** One end of a channel in a thread of its own: sends a random stream that its seed determines, or checks that it receives it. */
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import type { RemoteChannelHandle } from '../../../src/runtime/network/remote-channel.ts'
import { openRemoteInput } from '../../../src/runtime/network/remote-input-channel.ts'
import { openRemoteOutput } from '../../../src/runtime/network/remote-output-channel.ts'
import type { StreamElement } from '../../../src/runtime/network/stream-element.ts'
import * as types from '../../../src/types/types.ts'

export interface ChannelWorkerData {
  readonly role: 'producer' | 'consumer'
  readonly handle: RemoteChannelHandle
  readonly typed: boolean
  readonly seed: number
  readonly elements: number
  /** The consumer stops for a moment after that many elements, so that the producer runs into its limit. */
  readonly pauseEvery: number
}

/** What the consumer says at its end; the producer says how often it had to wait. */
export interface ChannelWorkerReport {
  readonly rows: number
  readonly control: number
  readonly waits: number
  readonly difference: string | undefined
}

const ROW = types.row({ id: types.long(), name: types.string(), amount: types.double() })

/** Batches of 1 to 1024 rows, now and then a record larger than the ring, and control elements between them. */
function randomElements(seed: number): () => StreamElement {
  let state = seed
  const below = (bound: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state >>> 8) % bound
  }
  let id = 0
  const row = (length: number): unknown => ({ id: id++, name: String.fromCharCode(97 + below(26)).repeat(length), amount: below(1000) / 8 })
  return () => {
    const kind = below(20)
    if (kind === 0) return { kind: 'watermark', timestamp: id }
    if (kind === 1) return { kind: 'barrier', barrier: { checkpointId: id, timestampMs: id, savepoint: below(2) === 0 ? undefined : '/s'.repeat(below(4000)), terminal: false, aligned: true } }
    if (kind === 2) return { kind: 'status', idle: below(2) === 0 }
    const rows = kind === 3 ? 1 : 1 + below(kind < 8 ? 1024 : 40)
    const values = Array.from({ length: rows }, () => row(kind === 3 ? 30_000 + below(60_000) : below(40)))
    return { kind: 'records', values, timestamps: values.map((_, index) => id + index), bytes: 0 }
  }
}

function difference(expected: StreamElement, found: StreamElement, index: number): string | undefined {
  const [a, b] = [expected, found].map((element) => JSON.stringify(element.kind === 'records' ? { ...element, bytes: 0 } : element))
  return a === b ? undefined : `element ${index}: expected ${a?.slice(0, 300)}, found ${b?.slice(0, 300)}`
}

function produce({ handle, typed, seed, elements }: ChannelWorkerData, done: (report: ChannelWorkerReport) => void): void {
  const output = openRemoteOutput(handle, { type: typed ? ROW : undefined })
  const next = randomElements(seed)
  let sent = 0
  let waits = 0
  const step = (): void => {
    while (sent < elements) {
      if (!output.isAvailable) {
        waits++
        return
      }
      output.push(next())
      sent++
    }
    if (sent++ === elements) {
      output.push({ kind: 'endOfData', drain: true })
      done({ rows: 0, control: 0, waits, difference: undefined })
    }
  }
  output.onSpace = step
  step()
}

function consume({ handle, typed, seed, elements, pauseEvery }: ChannelWorkerData, done: (report: ChannelWorkerReport) => void): void {
  const clock = { now: () => performance.now(), schedule: () => () => {}, immediate: setImmediate }
  const input = openRemoteInput(handle, { type: typed ? ROW : undefined, clock, targetLatencyMs: 5 })
  const next = randomElements(seed)
  let [index, rows, control, waits] = [0, 0, 0, 0]
  let found: string | undefined
  const step = (): void => {
    for (;;) {
      const element = input.poll()
      if (element === undefined) {
        waits++
        return
      }
      found ??= difference(index === elements ? { kind: 'endOfData', drain: true } : next(), element, index)
      if (index++ === elements) {
        done({ rows, control, waits, difference: found })
        return
      }
      if (element.kind === 'records') rows += element.values.length
      else control++
      if (index % pauseEvery === 0) {
        setTimeout(step, 1)
        return
      }
    }
  }
  input.onData = step
  step()
}

if (!isMainThread) {
  const data = workerData as ChannelWorkerData
  // the port keeps the event loop alive, which waiting for the other end does not
  parentPort?.on('message', () => parentPort?.close())
  const done = (report: ChannelWorkerReport): void => parentPort?.postMessage(report)
  if (data.role === 'producer') produce(data, done)
  else consume(data, done)
}

import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeMessage, PROTOCOL_VERSION } from '../../../src/runtime/protocol/message-frame.ts'
import { type ExecutorMessage, MESSAGE_SHAPES } from '../../../src/runtime/protocol/message-shapes.ts'
import { WIRE_ERROR } from '../../../src/runtime/protocol/shape.ts'
import { createRowFrameCodec } from '../../../src/runtime/network/row-frame.ts'
import { createDataOutput } from '../../../src/types/byte-data-output.ts'
import type { AnyType } from '../../../src/types/type-information.ts'
import * as types from '../../../src/types/types.ts'

const channel = { edge: 2, producer: 0, consumer: 3 }
const barrier = { checkpointId: 7, timestampMs: 1_700_000_000_000, savepoint: undefined, terminal: false, aligned: true }
const savepoint = { checkpointId: 8, timestampMs: 1_700_000_000_500, savepoint: 's3://bucket/säve', terminal: true, aligned: true, incremental: { since: 7 } }
const handle = { path: 'chk-6/3-0-1', sizeBytes: 4096 }
const error = {
  name: 'MillraceError',
  message: 'A function threw: “no”',
  stack: 'MillraceError: A function threw\n    at map (job.ts:3:7)',
  code: 'CORE_USER_FUNCTION',
  origin: 'user',
  retryable: false,
  at: { operator: 'map', uid: 'm', subtask: 1, record: '{"id":1}' },
  cause: { name: 'TypeError', message: 'no' },
} as const
const splits = [
  { version: 1, bytes: Uint8Array.of(1, 2, 3) },
  { version: 2, bytes: new Uint8Array(0) },
]

/** Every kind of message, every optional field with and without a value. */
export const MESSAGES: readonly ExecutorMessage[] = [
  {
    kind: 'deploy',
    attempt: 2,
    planHash: 'b7c0',
    tasks: [
      { taskId: 'source#0', vertexId: 0, subtaskIndex: 0, attempt: 2, restore: undefined },
      {
        taskId: 'count#1',
        vertexId: 1,
        subtaskIndex: 1,
        attempt: 2,
        restore: {
          checkpointId: 6,
          operators: {
            count: { keyed: [{ pointer: 'file:///c/chk-6', handle }, { pointer: 'file:///c/chk-6', handle, base: [handle] }], operatorState: Uint8Array.of(9, 8) },
            sink: { keyed: [], operatorState: undefined },
          },
          finished: false,
        },
      },
    ],
    placement: [[0], [0, 1]],
  },
  { kind: 'run', attempt: 2 },
  { kind: 'addSplits', taskId: 'source#0', splits },
  { kind: 'noMoreSplits', taskId: 'source#0' },
  { kind: 'triggerCheckpoint', taskId: 'source#0', barrier },
  { kind: 'triggerCheckpoint', taskId: 'source#0', barrier: savepoint },
  { kind: 'checkpointComplete', checkpointId: 7 },
  { kind: 'alignWatermark', taskId: 'source#0', maxWatermark: Number.MAX_SAFE_INTEGER },
  { kind: 'checkpointAborted', checkpointId: 7 },
  { kind: 'drain' },
  { kind: 'close', taskIds: ['source#0', 'count#1'], failed: true },
  { kind: 'initialized', taskId: 'source#0', splits },
  { kind: 'splitRequest', taskId: 'source#0' },
  { kind: 'watermarkReport', taskId: 'source#0', watermark: 1_700_000_000_000 },
  { kind: 'watermarkReport', taskId: 'source#0', watermark: null },
  {
    kind: 'checkpointAck',
    taskId: 'count#1',
    checkpointId: 7,
    snapshot: {
      operators: [
        { uid: 'count', name: 'Count', keyed: { handle, keyGroups: { start: 64, end: 127 }, base: [handle] }, operatorState: undefined },
        { uid: 'sink', name: 'Sink', keyed: undefined, operatorState: Uint8Array.of(5) },
      ],
      finished: false,
      sizeBytes: 4097,
    },
  },
  { kind: 'checkpointDeclined', taskId: 'count#1', checkpointId: 7, error },
  { kind: 'checkpointNotified', taskId: 'count#1', checkpointId: 7 },
  { kind: 'finished', taskId: 'count#1' },
  { kind: 'failed', taskId: 'count#1', error },
  { kind: 'closed', taskId: 'count#1' },
  {
    kind: 'heartbeat',
    samples: [
      { name: 'numRecordsIn', type: 'counter', labels: { job: 'j', subtask: '1' }, value: 12 },
      { name: 'lag', type: 'gauge', labels: {}, value: Number.NaN },
      { name: 'rate', type: 'gauge', labels: {}, value: Number.NEGATIVE_INFINITY },
    ],
  },
  { kind: 'log', level: 'warn', message: 'slow', fields: { operator: 'map', ms: 12.5, deep: { list: [1, null, 'x'] } }, errors: { error } },
  { kind: 'channelRecords', channel, rows: Uint8Array.of(1, 2, 0, 0) },
  { kind: 'channelControl', channel, batchesBefore: 12, element: { kind: 'watermark', timestamp: -5 } },
  { kind: 'channelControl', channel, batchesBefore: 12, element: { kind: 'status', idle: true } },
  { kind: 'channelControl', channel, batchesBefore: 12, element: { kind: 'barrier', barrier } },
  { kind: 'channelControl', channel, batchesBefore: 12, element: { kind: 'endOfData', drain: false } },
  { kind: 'channelCredit', channel, bytes: 262_144 },
]

/** Batches as `rows` of channelRecords: in columns, one after the other, as MessagePack. */
const BATCHES: readonly (readonly [name: string, type: AnyType | undefined, values: readonly unknown[], timestamps: readonly number[]])[] = [
  [
    'columns',
    types.row({ id: types.long(), at: types.timestamp(), ratio: types.double().nullable(), small: types.int(), flag: types.boolean(), text: types.string().nullable(), tags: types.list(types.string()) }),
    [
      { id: 5e15, at: 1_700_000_000_000, ratio: 0.5, small: -1, flag: true, text: 'abc', tags: ['x'] },
      { id: 5e15 + 7, at: -1, ratio: null, small: 2, flag: false, text: null, tags: [] },
      { id: 5e15, at: 0, ratio: 1e300, small: 3, flag: false, text: 'z'.repeat(255), tags: [] },
    ],
    [1000, 1001, 999],
  ],
  ['columns, not ASCII', types.row({ text: types.string() }), [{ text: 'é' }, { text: '漢字' }], [7, 7]],
  ['rows', types.list(types.long()), [[1, -1], []], [0.5, Number.MIN_SAFE_INTEGER]],
  ['generic', undefined, [{ a: 1, b: ['x', null] }, { a: 2, b: [] }, 'text'], [5, 5, 5]],
]

function rowsOf(type: AnyType | undefined, values: readonly unknown[], timestamps: readonly number[]): string {
  const output = createDataOutput()
  createRowFrameCodec(type).write({ kind: 'records', values: [...values], timestamps: [...timestamps], bytes: 0 }, output)
  return Buffer.from(output.view()).toString('hex')
}

export interface GoldenFrames {
  readonly shapes: unknown
  /** As numbered frames of one direction, in hexadecimal. */
  readonly frames: readonly { readonly kind: string; readonly hex: string }[]
  readonly rows: readonly { readonly name: string; readonly hex: string }[]
}

/** What pins the protocol: the shape of every message, and messages and batches of rows as bytes. */
export function goldenFrames(shapes: unknown = { ...MESSAGE_SHAPES, error: WIRE_ERROR }): GoldenFrames {
  return {
    shapes,
    frames: MESSAGES.map((message, index) => ({ kind: message.kind, hex: Buffer.from(encodeMessage(message, index + 1)).toString('hex') })),
    rows: BATCHES.map(([name, type, values, timestamps]) => ({ name, hex: rowsOf(type, values, timestamps) })),
  }
}

export const GOLDEN_FILE: string = join(import.meta.dirname, `executor-protocol-v${PROTOCOL_VERSION}.json`)

// Run by hand after the version was raised: node --conditions=@millrace/source packages/core/test/runtime/protocol/golden-frames.ts
if (import.meta.main) {
  if (existsSync(GOLDEN_FILE)) throw new Error(`${GOLDEN_FILE} is there already. A change of the protocol raises its version`)
  writeFileSync(GOLDEN_FILE, `${JSON.stringify(goldenFrames(), undefined, 2)}\n`)
}

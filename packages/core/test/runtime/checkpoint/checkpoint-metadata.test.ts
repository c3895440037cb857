import { expect, test } from 'vitest'
import { type CheckpointMetadata, decodeCheckpointMetadata, encodeCheckpointMetadata } from '../../../src/runtime/checkpoint/checkpoint-metadata.ts'

const metadata: CheckpointMetadata = {
  jobName: 'job',
  checkpointId: 7,
  timestampMs: 1000,
  savepoint: true,
  operators: [
    {
      uid: 'a',
      name: 'source',
      maxParallelism: 128,
      subtasks: [
        { finished: true, keyed: undefined, operatorState: Uint8Array.of(0, 255, 7) },
        { finished: false, keyed: { handle: { path: 'x', sizeBytes: 3 }, keyGroups: { start: 0, end: 63 } }, operatorState: undefined },
      ],
      enumerator: { version: 1, bytes: Buffer.from('{"é":1}') },
    },
  ],
}

test('metadata survives being written, whichever kind of byte array it holds', () => {
  const decoded = decodeCheckpointMetadata(encodeCheckpointMetadata(metadata), 'p')
  expect(decoded).toMatchObject({ jobName: 'job', checkpointId: 7, timestampMs: 1000, savepoint: true })
  const [operator] = decoded.operators
  expect(Buffer.from(operator?.enumerator?.bytes ?? []).toString()).toBe('{"é":1}')
  expect([...(operator?.subtasks[0]?.operatorState ?? [])]).toEqual([0, 255, 7])
  expect(operator?.subtasks[1]).toEqual({ finished: false, keyed: { handle: { path: 'x', sizeBytes: 3 }, keyGroups: { start: 0, end: 63 } } })
})
test('what is damaged or unknown is refused by name', () => {
  const bytes = encodeCheckpointMetadata(metadata)
  const flipped = Uint8Array.from(bytes)
  flipped[60] = (flipped[60] as number) ^ 1
  expect(() => decodeCheckpointMetadata(flipped, 'p')).toThrow(expect.objectContaining({ code: 'CKPT_CORRUPT', at: { file: 'p' } }))
  expect(() => decodeCheckpointMetadata(bytes.subarray(0, 50), 'p')).toThrow(expect.objectContaining({ code: 'CKPT_CORRUPT' }))
  expect(() => decodeCheckpointMetadata(new Uint8Array(), 'p')).toThrow(expect.objectContaining({ code: 'CKPT_CORRUPT' }))
  const newer = Buffer.from(Buffer.from(bytes).toString('latin1').replace('MILLRACE-CHECKPOINT 2', 'MILLRACE-CHECKPOINT 3'), 'latin1')
  expect(() => decodeCheckpointMetadata(newer, 'p')).toThrow(expect.objectContaining({ code: 'CKPT_UNSUPPORTED_VERSION', message: expect.stringMatching(/version 3.*up to 2/) }))
})

import { expect, test } from 'vitest'
import { problemOfSettings, requireOptions } from '../../src/environment/check-settings.ts'
import { fileCheckpointStorage } from '../../src/runtime/checkpoint/storage/file-checkpoint-storage.ts'
import { heapStateBackend } from '../../src/runtime/state/heap/heap-state-backend.ts'
import { createFileSystems } from '../../src/file-system/file-systems.ts'
import { silentLogger } from '../../src/environment/logger.ts'

test('everything that an option may be is accepted', () => {
  const options = {
    ...{ parallelism: 4, workers: 2, workerHeapMb: 512, maxParallelism: 128, bufferBytes: 1024, from: 'latest', allowDroppedState: ['old'], params: { day: '1' }, metricsPort: 0 },
    ...{ stuckFunction: { limit: '2s', action: 'restart' }, restart: { kind: 'exponentialDelay', jitter: 0, attempts: Number.POSITIVE_INFINITY }, optimizer: { chaining: false } },
    ...{ autoWatermarkInterval: '200ms', bufferTimeout: '0ms', bufferDebloatTarget: '1s', logLevel: 'debug', logger: silentLogger, stateBackend: heapStateBackend() },
    ...{ metricReporters: [{ name: 'x', intervalMs: 1, report: () => undefined }], fileSystems: [createFileSystems().forPath('/')] },
    checkpoints: { storage: fileCheckpointStorage('x'), interval: '1s', timeout: '1min', minPause: '0ms', tolerableFailures: 2, mode: 'atLeastOnce', incremental: true, retained: 3, retainOnCancel: false, savepointDirectory: 'sp' },
  }
  expect(problemOfSettings(options)).toBeUndefined()
  expect(problemOfSettings({ checkpoints: { storage: 's3://bucket/x', interval: undefined }, restart: undefined, logger: console })).toBeUndefined()
  expect(() => requireOptions({ ...options, signal: new AbortController().signal, config: new URL('file:///x') })).not.toThrow()
})

test.each<[object, string]>([
  [{ paralelism: 2 }, "There is no setting 'paralelism'. Did you mean parallelism?"],
  [{ checkpoints: { intervall: '5s' } }, "There is no setting 'checkpoints.intervall'. Did you mean interval?"],
  [{ checkpoints: '5s' }, "Expected checkpoints to be an object, found '5s'"],
  [{ checkpoints: { interval: 5000 } }, "Expected checkpoints.interval to be a duration of whole milliseconds such as '500ms', '10s', '15min', '6h' or '1d', found 5000"],
  [{ checkpoints: { storage: {} } }, 'Expected checkpoints.storage to be a path, or a checkpoint storage, with open, found an object'],
  [{ checkpoints: { mode: 'exactly-once' } }, "Expected checkpoints.mode to be one of exactlyOnce, atLeastOnce, found 'exactly-once'"],
  [{ workers: -1 }, 'Expected workers to be a whole number from 0 to 1024, found -1'],
  [{ bufferBytes: 1.5 }, 'Expected bufferBytes to be a whole number from 1, found 1.5'],
  [{ stateBackend: heapStateBackend }, 'Expected stateBackend to be a state backend, with open, found a function'],
  [{ logger: 1 }, 'Expected logger to be a logger, with debug, info, warn, error, found 1'],
  [{ fileSystems: {} }, 'Expected fileSystems to be a list, found an object'],
  [{ allowDroppedState: ['a', ''] }, "Expected allowDroppedState[1] to be a text, found ''"],
  [{ restart: 'none' }, "Expected restart to be an object such as { kind: 'fixedDelay', attempts: 3, delay: '1s' }, found 'none'"],
  [{ restart: { kind: 'forever' } }, "Expected restart.kind to be one of none, fixedDelay, failureRate, exponentialDelay, found 'forever'"],
  [{ restart: { attempts: 3 } }, 'Expected restart.kind to be given, found none'],
  [{ restart: { kind: 'fixedDelay', attempts: 3 } }, 'Expected restart.delay to be given, found none'],
  [{ restart: { kind: 'none', attempts: 3 } }, "There is no setting 'restart.attempts'."],
  [{ restart: { kind: 'exponentialDelay', jitter: 2 } }, 'Expected restart.jitter to be a number from 0 to 1, found 2'],
])('%j is refused', (settings, problem) => {
  expect(problemOfSettings(settings)).toBe(problem)
  expect(() => requireOptions(settings)).toThrow(expect.objectContaining({ code: 'CORE_INVALID_OPTION', origin: 'user', message: problem }))
})

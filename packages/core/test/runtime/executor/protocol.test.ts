import { describe, expect, test } from 'vitest'
import { draftJob, type StreamExecutionEnvironment } from '../../../src/api/stream-execution-environment.ts'
import { silentLogger } from '../../../src/environment/logger.ts'
import { createFileSystems } from '../../../src/file-system/file-systems.ts'
import { valueState } from '../../../src/functions/state-descriptor.ts'
import { planSlots } from '../../../src/graph/slots.ts'
import { createMetricRegistry } from '../../../src/metrics/metric-registry.ts'
import { optimize } from '../../../src/optimizer/optimize.ts'
import { memoryCheckpointStorage } from '../../../src/runtime/checkpoint/storage/memory-checkpoint-storage.ts'
import { JobCoordinator, type JobCoordinatorOptions } from '../../../src/runtime/coordinator/job-coordinator.ts'
import { TaskExecutor, type TaskExecutorOptions } from '../../../src/runtime/executor/task-executor.ts'
import type { FromExecutor, ToExecutor } from '../../../src/runtime/protocol.ts'
import { heapStateBackend } from '../../../src/runtime/state/heap/heap-state-backend.ts'
import { collectingSink } from '../../../src/testing/collecting-sink.ts'
import { checkpoint, crash, end } from '../../../src/testing/script.ts'
import { scriptedSource } from '../../../src/testing/scripted-source.ts'
import type { TestClock } from '../../../src/testing/test-clock.ts'
import { createVirtualClock } from '../../../src/testing/virtual-clock.ts'
import * as types from '../../../src/types/types.ts'

interface Wiring {
  readonly coordinator: JobCoordinator
  readonly clock: TestClock
  readonly sent: (ToExecutor | FromExecutor)[]
}

/** A coordinator and an executor that share nothing but copies of messages, as between threads. */
async function wire(build: (env: StreamExecutionEnvironment) => void, change: { readonly executorGraph?: Partial<TaskExecutorOptions['graph']>; readonly restart?: JobCoordinatorOptions['restart'] } = {}): Promise<Wiring> {
  const clock = createVirtualClock()
  const sent: (ToExecutor | FromExecutor)[] = []
  const draft = draftJob('wired')
  build(draft.env)
  const graph = optimize(draft.build(), { parallelism: 2 })
  const fileSystems = createFileSystems([])
  const metrics = createMetricRegistry(() => {})
  const store = await memoryCheckpointStorage().open({ jobName: 'wired', fileSystems, logger: silentLogger, now: () => clock.now() })
  await store.acquireLease('test')
  const random = (): number => 0.5
  const copied = <M extends ToExecutor | FromExecutor>(message: M): M => {
    sent.push(message)
    return structuredClone(message)
  }
  const coordinator = new JobCoordinator({
    graph,
    clock,
    random,
    logger: silentLogger,
    metrics: metrics.group({ job: 'wired' }),
    fileSystems,
    checkpoints: { settings: { intervalMs: 10, timeoutMs: 1000, minPauseMs: 0, tolerableFailures: 0, aligned: true, retained: 1, retainOnCancel: true }, store },
    restart: change.restart ?? { kind: 'fixedDelay', attempts: 3, delayMs: 1 },
    from: undefined,
    allowDroppedState: [],
    slots: planSlots(graph, 1),
    createExecutors: (events) => {
      const executor = new TaskExecutor({
        graph: { ...graph, ...change.executorGraph },
        settings: { jobName: 'wired', checkpointingEnabled: true, autoWatermarkIntervalMs: 200, bufferTimeoutMs: 100, bufferBytes: 10_000, codeGeneration: true, workingDirectory: 'unused' },
        clock,
        random,
        stateBackend: heapStateBackend(),
        checkpointStore: store,
        fileSystems,
        logger: silentLogger,
        metrics,
        watch: { began() {}, ended() {} },
        send: (message) => {
          const copy = copied(message)
          setImmediate(() => events.received(0, copy))
        },
      })
      return {
        start: () => Promise.resolve(),
        send: (_executor, message) => {
          const copy = copied(message)
          setImmediate(() => executor.receive(copy))
        },
        close: () => Promise.resolve(),
      }
    },
  })
  return { coordinator, clock, sent }
}

describe('coordinator and executor', () => {
  test('understand each other through structured copies of their messages', async () => {
    const sink = collectingSink<string>()
    const source = scriptedSource<number>([1, 2, checkpoint, 3, crash, 4, checkpoint, 5, end], [6, checkpoint, 7, end])
    const { coordinator, clock, sent } = await wire((env) =>
      env
        .fromSource(source)
        .keyBy((n) => n % 2)
        .process((context) => {
          const total = context.state(valueState('total', types.long()))
          return {
            processElement(n, _timestamp, output) {
              total.update((total.value() ?? 0) + n)
              output.collect(`${context.key} ${n}`)
            },
          }
        }, types.string())
        .sinkTo(sink),
    )
    expect(await clock.runUntil(coordinator.run(), { turnMs: 1 })).toMatchObject({ state: 'finished' })
    expect(sink.values.toSorted()).toEqual(['0 2', '0 4', '0 6', '1 1', '1 3', '1 5', '1 7'])
    expect(coordinator.numRestarts).toBe(1)
    const kinds = new Set(sent.map(({ kind }) => kind))
    for (const kind of ['deploy', 'run', 'addSplits', 'noMoreSplits', 'triggerCheckpoint', 'checkpointComplete', 'close', 'initialized', 'checkpointAck', 'checkpointNotified', 'finished', 'failed', 'closed']) {
      expect(kinds).toContain(kind)
    }
  })
  test('refuse to run when the builder gave another plan there', async () => {
    const { coordinator, clock } = await wire((env) => env.fromData([1]).sinkTo(collectingSink()), { executorGraph: { planHash: 'another' } })
    await expect(clock.runUntil(coordinator.run())).rejects.toMatchObject({ code: 'CORE_PLAN_MISMATCH', origin: 'user', message: expect.stringContaining('another') })
    expect(coordinator.state).toBe('failed')
  })
  test('an error keeps its code, place and cause on the way', async () => {
    const { coordinator, clock } = await wire((env) => env.fromData([1]).map(() => { throw new RangeError('out') }).uid('bad').sinkTo(collectingSink()), { restart: { kind: 'none' } })
    await expect(clock.runUntil(coordinator.run())).rejects.toMatchObject({ code: 'CORE_USER_FUNCTION', origin: 'user', at: { uid: 'bad', subtask: 0 }, cause: { name: 'RangeError', message: 'out' } })
  })
})

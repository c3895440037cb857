import { expect, test } from 'vitest'
import { createMetricRegistry } from '../../../src/metrics/metric-registry.ts'
import { BufferDebloater } from '../../../src/runtime/network/buffer-debloater.ts'
import { registerChannelMetrics } from '../../../src/runtime/network/channel-metrics.ts'
import { LocalChannel } from '../../../src/runtime/network/local-channel.ts'
import { createRemoteChannel } from '../../../src/runtime/network/remote-channel.ts'
import { openRemoteInput } from '../../../src/runtime/network/remote-input-channel.ts'
import { openRemoteOutput } from '../../../src/runtime/network/remote-output-channel.ts'
import { createVirtualClock } from '../../../src/testing/virtual-clock.ts'
import * as types from '../../../src/types/types.ts'

test('shows what goes through all channels of a task, over attempts', () => {
  const registry = createMetricRegistry(() => {})
  const [producer, consumer] = [registry.group({ operator: 'producer' }), registry.group({ operator: 'consumer' })]
  const read = (): Record<string, number> => Object.fromEntries(registry.collect().map(({ name, value }) => [name, value]))
  const clock = createVirtualClock()
  const type = types.string()
  for (let attempt = 1; attempt <= 2; attempt++) {
    const handles = [0, 1].map((index) => createRemoteChannel({ edge: 0, producer: index, consumer: 0 }, 8192))
    const outputs = handles.map((handle) => openRemoteOutput(handle, { type }))
    const inputs = handles.map((handle) => openRemoteInput(handle, { type, clock, targetLatencyMs: 1000 }))
    registerChannelMetrics(producer, { inputs: [], remoteInputs: [], remoteOutputs: outputs })
    registerChannelMetrics(consumer, { inputs, remoteInputs: inputs, remoteOutputs: [] })
    for (const output of outputs) output.push({ kind: 'records', values: ['abc'], timestamps: [0], bytes: 1 })
    const queued = read()
    expect(queued).toMatchObject({ numBuffersOut: 2 * attempt, numBuffersIn: 2 * (attempt - 1), debloatedBufferSize: 2048, estimatedTimeToConsumeBuffersMs: 0 })
    expect(queued['inputQueueSize']).toBe(queued['outputQueueSize'])
    expect(queued['inputQueueSize']).toBeGreaterThan(20)
    for (const input of inputs) input.poll()
    const { numBytesIn, numBytesOut } = read()
    expect(read()).toMatchObject({ numBuffersIn: 2 * attempt, inputQueueSize: 0, outputQueueSize: 0 })
    expect([numBytesIn, numBytesIn]).toEqual([numBytesOut, (queued['inputQueueSize'] as number) * attempt])
  }
})

test('shows what waits in the channels of one thread, and what debloating has made of them', async () => {
  const registry = createMetricRegistry(() => {})
  const clock = createVirtualClock()
  const channel = new LocalChannel(100_000, { debloater: new BufferDebloater(1000, 100_000), clock })
  registerChannelMetrics(registry.group({ operator: 'consumer' }), { inputs: [channel], remoteInputs: [], remoteOutputs: [] })
  const read = (): Record<string, number> => Object.fromEntries(registry.collect().map(({ name, value }) => [name, value]))
  expect(read()).toEqual({ inputQueueSize: 0, debloatedBufferSize: 1024, estimatedTimeToConsumeBuffersMs: 0 })
  for (let step = 0; step < 100; step++) channel.push({ kind: 'records', values: [1], timestamps: [0], bytes: 500 })
  for (let step = 0; step < 40; step++) {
    channel.poll()
    await clock.advance(20)
  }
  expect(read()).toEqual({ inputQueueSize: 30_000, debloatedBufferSize: 25_000, estimatedTimeToConsumeBuffersMs: 1200 })
})

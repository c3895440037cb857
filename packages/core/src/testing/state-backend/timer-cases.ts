import assert from 'node:assert/strict'
import type { StateKey } from '../../spi/keyed-state-backend.ts'
import type { TimerQueue } from '../../spi/timer-queue.ts'
import { collectSnapshot, keyGroup } from './backend-fixture.ts'
import type { BackendCase } from './backend-case.ts'

/** Timer queues. */
export function timerCases(on: BackendCase): void {
  const onQueue = (name: string, body: (queue: TimerQueue) => void): void =>
    on(`timers: ${name}`, async (fixture) => {
      const backend = await fixture.open()
      body(backend.timers('event'))
      assert.equal(backend.entryCount(), backend.timers('event').size)
    })
  const add = (queue: TimerQueue, timestamp: number, key: StateKey, namespace: number | null = null): boolean => queue.add(timestamp, keyGroup(key), key, namespace)

  onQueue('fire by timestamp, then in the order they were added', (queue) => {
    const expected: string[] = []
    const timestamps = [500, -1, 500, 0, 1_700_000_000_000, 0.5, 500]
    for (const [index, timestamp] of timestamps.entries()) add(queue, timestamp, `k${index}`)
    for (const { timestamp, index } of timestamps.map((timestamp, index) => ({ timestamp, index })).sort((a, b) => a.timestamp - b.timestamp || a.index - b.index)) {
      expected.push(`${timestamp} k${index}`)
    }
    assert.deepEqual(drain(queue, Infinity), expected)
    assert.equal(queue.peek(), Infinity)
  })
  onQueue('only those that are due are polled', (queue) => {
    for (const timestamp of [10, 20, 30]) add(queue, timestamp, 'k')
    assert.equal(queue.poll(9), false)
    assert.deepEqual(drain(queue, 20), ['10 k', '20 k'])
    assert.equal(queue.peek(), 30)
    assert.equal(queue.size, 1)
  })
  onQueue('one per timestamp, key and namespace', (queue) => {
    assert.equal(add(queue, 1, 'a'), true)
    assert.equal(add(queue, 1, 'a'), false)
    assert.equal(add(queue, 1, 'a', 5), true)
    assert.equal(add(queue, 1, 'a', 6), true)
    assert.equal(add(queue, 2, 'a'), true)
    assert.equal(add(queue, 1, 'b'), true)
    assert.equal(queue.remove(1, keyGroup('a'), 'a', 5), true)
    assert.equal(queue.remove(1, keyGroup('a'), 'a', 5), false)
    assert.equal(queue.remove(9, keyGroup('a'), 'a', null), false)
    assert.equal(queue.size, 4)
  })
  onQueue('many of one timestamp, each key in two namespaces, some removed', (queue) => {
    for (let key = 0; key < 200; key++) for (const namespace of [null, 7]) assert.equal(add(queue, 5, key, namespace), true)
    for (let key = 0; key < 200; key++) for (const namespace of [null, 7]) assert.equal(add(queue, 5, key, namespace), false)
    for (let key = 0; key < 200; key += 2) assert.equal(queue.remove(5, keyGroup(key), key, 7), true)
    for (let key = 1; key < 200; key += 2) assert.equal(queue.remove(5, keyGroup(key), key, null), true)
    for (let key = 0; key < 200; key++) assert.equal(add(queue, 5, key, key % 2 === 0 ? null : 7), false)
    assert.equal(queue.size, 200)
    const fired: (readonly [StateKey, unknown])[] = []
    while (queue.poll(5)) fired.push([queue.key, queue.namespace])
    assert.deepEqual(fired, Array.from({ length: 200 }, (_, key) => [key, key % 2 === 0 ? null : 7]))
  })
  onQueue('one that has fired may be added again for the same time, while others of that time are due', (queue) => {
    for (let key = 0; key < 50; key++) add(queue, 5, key)
    for (let key = 0; key < 20; key++) {
      assert.ok(queue.poll(5))
      assert.equal(queue.key, key)
      assert.equal(queue.remove(5, keyGroup(key), key, null), false)
      assert.equal(add(queue, 5, key), true)
      assert.equal(add(queue, 5, key), false)
    }
    assert.equal(queue.remove(5, keyGroup(3), 3, null), true)
    assert.equal(add(queue, 5, 3), true)
    const order = [...Array.from({ length: 30 }, (_, index) => 20 + index), ...Array.from({ length: 20 }, (_, key) => key).filter((key) => key !== 3), 3]
    assert.deepEqual(drain(queue, 5), order.map((key) => `5 ${key}`))
    assert.equal(add(queue, 5, 0), true)
  })
  onQueue('added and removed over and over, they leave nothing', (queue) => {
    for (let round = 0; round < 5000; round++) {
      add(queue, round % 3000, 'k')
      queue.remove(round % 3000, keyGroup('k'), 'k', null)
    }
    assert.equal(queue.peek(), Infinity)
    add(queue, 12, 'k')
    assert.deepEqual(drain(queue, Infinity), ['12 k'])
  })
  onQueue('one may be added while others are polled, also for now and for before', (queue) => {
    for (const timestamp of [10, 20]) add(queue, timestamp, 'k')
    assert.ok(queue.poll(20))
    add(queue, 10, 'k')
    add(queue, 5, 'early')
    assert.deepEqual(drain(queue, 20), ['5 early', '10 k', '20 k'])
  })
  on('timers: queues are apart, and both are in a snapshot', async (fixture) => {
    const backend = await fixture.open()
    add(backend.timers('event'), 1, 'a')
    add(backend.timers('processing'), 2, 'a', 3)
    const restored = await fixture.open({ restore: [collectSnapshot(backend.snapshot(1))] })
    assert.deepEqual(drain(restored.timers('event'), Infinity), ['1 a'])
    assert.deepEqual(drain(restored.timers('processing'), Infinity), ['2 a'])
    assert.equal(restored.timers('processing').namespace, 3)
  })
}

function drain(queue: TimerQueue, upTo: number): string[] {
  const fired: string[] = []
  while (queue.poll(upTo)) {
    assert.equal(queue.keyGroup, keyGroup(queue.key))
    fired.push(`${queue.timestamp} ${String(queue.key)}`)
  }
  return fired
}

import { expect, it } from 'vitest'
import { heapStateBackend } from '../../../src/runtime/state/heap/heap-state-backend.ts'
import { TimerService } from '../../../src/runtime/time/timer-service.ts'

async function service(onTimer: (timer: { domain: string; timestamp: number; key: unknown }, timers: TimerService) => void = () => {}) {
  const metrics = { counter: () => ({ value: 0 }), gauge: () => {}, group: () => metrics }
  const silent = { debug() {}, info() {}, warn() {}, error() {} }
  const backend = await heapStateBackend().open({
    ...{ jobName: 'test', operatorUid: 'uid', subtaskIndex: 0, maxParallelism: 4, keyGroupRange: { start: 0, end: 3 }, restore: [], workingDirectory: '' },
    fileSystems: { forPath: () => { throw new Error('unused') } },
    ...{ logger: silent, metrics, now: () => 0 },
  })
  const fired: string[] = []
  const asked: number[] = []
  const timers: TimerService = new TimerService(backend, {
    onTimer(domain, timestamp, _keyGroup, key) {
      fired.push(`${domain} ${timestamp} ${String(key)}`)
      onTimer({ domain, timestamp, key }, timers)
    },
    scheduleProcessingTime: (timestamp) => void asked.push(timestamp),
  })
  return { timers, fired, asked }
}

it('fires in order of timestamps, a limited number at a time, each timer once', async () => {
  const { timers, fired } = await service()
  for (const [timestamp, key] of [[5, 'a'], [1, 'b'], [9, 'a'], [5, 'a'], [3, 'c']] as const) timers.event.add(timestamp, 1, key, null)
  expect(timers.fireEvent(6, 2)).toBe(false)
  expect(timers.fireEvent(6, 2)).toBe(true)
  expect(fired).toEqual(['event 1 b', 'event 3 c', 'event 5 a'])
  expect(timers.fireEvent(9, 1)).toBe(true)
  expect(fired.at(-1)).toBe('event 9 a')
})

it('asks for processing time only when the earliest timer changes, and again after firing and opening', async () => {
  const { timers, fired, asked } = await service()
  timers.registerProcessing(50, 0, 'a', null)
  timers.registerProcessing(70, 0, 'a', null)
  timers.registerProcessing(20, 0, 'b', null)
  timers.registerProcessing(20, 0, 'b', null)
  expect(asked).toEqual([50, 20])
  timers.fireProcessing(50)
  expect(fired).toEqual(['processing 20 b', 'processing 50 a'])
  expect(asked).toEqual([50, 20, 70])
  timers.open()
  expect(asked.at(-1)).toBe(70)
})

it('at the end what a timer registers anew takes no other timer its turn', async () => {
  const { timers, fired } = await service(({ timestamp }, self) => self.registerProcessing(timestamp + 1, 0, 'a', null))
  timers.registerProcessing(5, 0, 'a', null)
  timers.registerProcessing(100, 0, 'b', null)
  timers.firePending()
  expect(fired).toEqual(['processing 5 a', 'processing 100 b'])
})

it('at the end fires what is pending once, but not what that registers in turn', async () => {
  const { timers, fired } = await service(({ timestamp }, self) => self.registerProcessing(timestamp + 10, 0, 'a', null))
  timers.registerProcessing(5, 0, 'a', null)
  timers.registerProcessing(6, 0, 'a', null)
  timers.firePending()
  expect(fired).toEqual(['processing 5 a', 'processing 6 a'])
})

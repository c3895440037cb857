import { expect, test } from 'vitest'
import { heapStateBackend } from '../../../src/runtime/state/heap/heap-state-backend.ts'
import type { KeyedStateBackend, StateKey } from '../../../src/spi/keyed-state-backend.ts'
import type { StateBackend } from '../../../src/spi/state-backend.ts'
import { collectingSink } from '../../../src/testing/collecting-sink.ts'
import { end } from '../../../src/testing/script.ts'
import { scriptedSource } from '../../../src/testing/scripted-source.ts'
import { runTestJob } from '../../../src/testing/test-job.ts'

const NUMBERS = Array.from({ length: 3000 }, (_, n) => n)

/** State that can be used only for keys that were asked for before, in a later turn. */
function slowBackend(loads: StateKey[][], wait: () => Promise<void>): StateBackend {
  const heap = heapStateBackend()
  return {
    ...heap,
    async open(context) {
      const backend = (await heap.open(context)) as KeyedStateBackend
      const loaded = new Set<StateKey>()
      const table: KeyedStateBackend['table'] = (definition) => {
        const inner = backend.table<never>(definition)
        const requireLoaded = <A extends readonly [number, StateKey, ...unknown[]], R>(call: (...args: A) => R) => (...args: A): R => {
          if (!loaded.has(args[1])) throw new Error(`key ${String(args[1])} was not loaded`)
          return call(...args)
        }
        return new Proxy(inner, {
          get(target, property) {
            const member: unknown = Reflect.get(target, property, target)
            if (typeof member !== 'function') return member
            const bound = member.bind(target) as (...args: readonly [number, StateKey]) => unknown
            return property === 'get' || property === 'getForUpdate' || property === 'put' ? requireLoaded(bound) : bound
          },
        }) as never
      }
      const prefetch = (keys: Iterable<StateKey>): Promise<void> | undefined => {
        const missing = [...new Set(keys)].filter((key) => !loaded.has(key))
        if (missing.length === 0) return undefined
        loads.push(missing)
        return wait().then(() => missing.forEach((key) => loaded.add(key)))
      }
      return new Proxy(backend, { get: (target, property) => (property === 'table' ? table : property === 'prefetch' ? prefetch : ((value: unknown) => (typeof value === 'function' ? (value.bind(target) as unknown) : value))(Reflect.get(target, property, target))) })
    },
  }
}

const sums = async (stateBackend: StateBackend, chaining = false): Promise<readonly number[]> => {
  const sink = collectingSink<number>()
  await runTestJob(
    (env) =>
      env
        .fromSource(scriptedSource<number>([...NUMBERS, end]), undefined, { uid: 'numbers' })
        .keyBy((n) => n % 50)
        .reduce((a, b) => a + b)
        .uid('sums')
        .sinkTo(sink, { uid: 'sink' }),
    { stateBackend, checkpoints: { interval: '10ms' }, optimizer: { chaining } },
  )
  return sink.values
}

test('the keys of a batch are loaded before it is processed, and the order of records is kept', async () => {
  const loads: StateKey[][] = []
  const found = await sums(slowBackend(loads, () => new Promise((resolve) => setImmediate(resolve))))
  expect(found).toEqual(await sums(heapStateBackend()))
  expect(new Set(loads.flat()).size).toBe(50)
})

test('behind another operator there are no keys, but a backend that has to catch up is waited for', async () => {
  let [waiting, asked] = [0, 0]
  const heap = heapStateBackend()
  const stateBackend: StateBackend = {
    ...heap,
    async open(context) {
      const backend = await heap.open(context)
      const prefetch = (keys: Iterable<StateKey>): Promise<void> | undefined => {
        expect([...keys]).toEqual([])
        expect(waiting).toBe(0)
        if (++asked % 2 === 1) return undefined
        waiting++
        return new Promise((resolve) => setImmediate(() => resolve(void waiting--)))
      }
      return Object.assign(backend, { prefetch })
    },
  }
  expect(await sums(stateBackend, true)).toEqual(await sums(heapStateBackend()))
  expect(asked).toBeGreaterThan(2)
})

test('a load that fails fails the job', async () => {
  const failing = slowBackend([], () => Promise.reject(new Error('no connection')))
  await expect(sums(failing)).rejects.toMatchObject({ message: expect.stringContaining('no connection') as string })
})

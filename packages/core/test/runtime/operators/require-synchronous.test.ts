import { expect, test } from 'vitest'
import type { StreamExecutionEnvironment } from '../../../src/api/stream-execution-environment.ts'
import { mapState } from '../../../src/functions/state-descriptor.ts'
import { runTestJob } from '../../../src/testing/test-job.ts'
import { long } from '../../../src/types/number-types.ts'

const numbers = (env: StreamExecutionEnvironment) => env.fromSequence(1, 3)
const keyed = (env: StreamExecutionEnvironment) => numbers(env).keyBy((n) => n)
const shared = mapState('shared', long(), long())
const nothing = (): undefined => undefined
/** As the compiler lets it pass where a function returns nothing. */
const asynchronous = (async () => Promise.resolve()) as unknown as () => undefined

test.each<[string, string, (env: StreamExecutionEnvironment) => { print(): void }]>([
  ['process', 'processElement', (env) => numbers(env).process(() => ({ processElement: asynchronous }), long())],
  ['keyed process', 'onTimer', (env) => keyed(env).process(() => ({ processElement: nothing, onTimer: asynchronous }), long())],
  ['co-process', 'processElement2', (env) => numbers(env).connect(numbers(env)).process(() => ({ processElement1: nothing, processElement2: asynchronous }), long())],
  ['keyed co-process', 'finish', (env) => keyed(env).connect(keyed(env)).process(() => ({ processElement1: nothing, processElement2: nothing, finish: asynchronous }), long())],
  ['broadcast process', 'processBroadcastElement', (env) => numbers(env).connect(numbers(env).broadcast(shared)).process(() => ({ processElement: nothing, processBroadcastElement: asynchronous }), long())],
])('%s: an async %s is refused when it opens', async (_, method, build) => {
  await expect(runTestJob((env) => build(env).print())).rejects.toMatchObject({ code: 'CORE_ASYNC_FUNCTION', origin: 'user', message: expect.stringContaining(`expected ${method} of operator`) as string })
})

test('close may be asynchronous', async () => {
  await runTestJob((env) => numbers(env).process(() => ({ processElement: nothing, close: asynchronous }), long()).print())
})

test('a function that returns nothing is refused by name', async () => {
  const forgotten = (() => undefined) as unknown as () => { processElement(): void }
  await expect(runTestJob((env) => numbers(env).process(forgotten, long()).print())).rejects.toMatchObject({ code: 'CORE_INVALID_FUNCTION', origin: 'user', message: expect.stringContaining('operator "process"') as string })
})

import { copyFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileSink, fileSource } from '@millrace/connector-file'
import { type DataStream, defineJob, type JobResult, MillraceError, type RunOptions, silentLogger, type StreamExecutionEnvironment, submit, types, valueState } from '@millrace/core'
import type { BadRecord, BadRecordPolicy } from '@millrace/core/spi'
import { collectingSink } from '@millrace/core/testing'
import { csv } from '@millrace/format-csv'
import { parquet } from '@millrace/format-parquet'
import { afterAll, describe, expect, it } from 'vitest'
import { FLIGHTS } from '../../examples/flight-delays/paths.ts'

const directory = mkdtempSync(join(tmpdir(), 'bad-input-'))
afterAll(() => rmSync(directory, { recursive: true }))

const Order = types.row({ id: types.int(), amount: types.double() })
const ORDERS = `${directory}/orders.csv`
writeFileSync(ORDERS, 'id,amount\n1,1.5\n2,much\n3,3.5,3\n4,4.5\n"5,5.5\n6,6.5\n')
const GOOD_ORDERS = [
  { id: 1, amount: 1.5 },
  { id: 4, amount: 4.5 },
  { id: 6, amount: 6.5 },
]
const orders = (env: StreamExecutionEnvironment, onBadRecord: BadRecordPolicy): DataStream<{ readonly id: number; readonly amount: number }> =>
  env.fromSource(fileSource({ path: ORDERS, format: csv(Order, { embeddedNewlines: false }), onBadRecord })).uid('orders')

let jobs = 0
async function run(build: (env: StreamExecutionEnvironment) => void, options: RunOptions = {}): Promise<JobResult> {
  const client = await submit(defineJob({ name: `bad-input-${jobs++}`, build }), { logger: silentLogger, ...options })
  return client.done
}

async function failure(build: (env: StreamExecutionEnvironment) => void, options?: RunOptions): Promise<MillraceError> {
  const error = await run(build, options).then(
    ({ state }) => new Error(`expected a failure, but the job is ${state}`),
    (thrown: unknown) => thrown,
  )
  if (!MillraceError.is(error)) throw error
  return error
}

const CHECKPOINTED = { checkpoints: { interval: '5ms' }, restart: { kind: 'fixedDelay', attempts: 10, delay: '1ms' } } as const satisfies RunOptions

describe('a malformed CSV line', () => {
  it('fails the job with its place and what to do about it', async () => {
    const output = collectingSink()
    const error = await failure((env) => orders(env, 'fail').sinkTo(output))
    expect(error).toMatchObject({ code: 'CSV_VALUE', origin: 'external', retryable: false, at: { operator: 'source file', file: ORDERS, line: 3, offset: 16, field: 'amount' } })
    expect(error.message).toBe(
      `Field amount: expected a number, found "much" (${ORDERS}, line 3, offset 16, field amount). Mend the input, or set onBadRecord of the source to 'skip' or { deadLetter }`,
    )
  })

  it('is skipped and counted, and all good ones stay', async () => {
    const output = collectingSink()
    const result = await run((env) => orders(env, 'skip').sinkTo(output))
    expect([output.values, result.recordsRejected]).toEqual([GOOD_ORDERS, 3])
  })

  it('goes to a dead-letter sink as it was read, and all good ones stay', async () => {
    const output = collectingSink()
    const deadLetter = collectingSink<BadRecord>()
    await run((env) => orders(env, { deadLetter }).sinkTo(output))
    expect(output.values).toEqual(GOOD_ORDERS)
    const letters = deadLetter.values.map(({ raw, ...rest }) => ({ ...rest, raw: Buffer.from(raw ?? []).toString() }))
    const place = { source: ORDERS, partition: null }
    expect(letters).toEqual([
      { ...place, raw: '2,much\n', line: 3, offset: 16, field: 'amount', code: 'CSV_VALUE', reason: expect.stringContaining('"much"') as string },
      { ...place, raw: '3,3.5,3\n', line: 4, offset: 23, field: null, code: 'CSV_COLUMN_COUNT', reason: 'Expected 2 fields, found 3' },
      { ...place, raw: '"5,5.5\n', line: 6, offset: 37, field: null, code: 'CSV_QUOTE', reason: expect.stringContaining('never closed') as string },
    ])
  })
})

describe('an input file that cannot be read', () => {
  it.each(['fail', 'skip'] as const)('a Parquet file that was cut short fails the job, under the policy %s too', async (onBadRecord) => {
    const path = `${directory}/cut.parquet`
    copyFileSync(FLIGHTS, path)
    truncateSync(path, 5_000_000)
    const output = collectingSink()
    const error = await failure((env) => env.fromSource(fileSource({ path, format: parquet(types.row({ delay: types.long() })), onBadRecord })).sinkTo(output))
    expect(error).toMatchObject({ code: 'PARQUET_FILE', origin: 'external', at: { file: path, operator: expect.stringContaining('source file') as string } })
    expect(error.message).toMatch(/footer.*was cut short.*write or copy it again/)
    expect(output.written).toEqual([])
  })

  it('a file that is missing is named', async () => {
    const path = `${directory}/missing.csv`
    const error = await failure((env) => env.fromSource(fileSource({ path, format: csv(Order) })).print())
    expect(error).toMatchObject({ code: 'FILE_NOT_FOUND', origin: 'external', at: { file: path }, message: expect.stringMatching(/missing\.csv, found none\. Check the path/) as string })
  })
})

describe('a wrong type', () => {
  it('of a sink is found before anything runs', async () => {
    const wrong = fileSink({ path: `${directory}/out`, format: csv(types.row({ id: types.string() })) }) as ReturnType<typeof fileSink>
    const error = await failure((env) => orders(env, 'skip').sinkTo(wrong))
    expect(error).toMatchObject({ code: 'CORE_SINK_TYPE_MISMATCH', origin: 'user' })
    expect(error.message).toMatch(/expected records of row\(id string\) for sink file, found a stream of row\(id int, amount double\); map the stream/)
  })

  it('of a field that is written names field and record', async () => {
    const rows = [{ id: 1, amount: 1.5 }, { id: 2, amount: 'much' as unknown as number }]
    const error = await failure((env) => env.fromData(rows).sinkTo(fileSink({ path: `${directory}/out`, format: csv(Order) })))
    expect(error).toMatchObject({ code: 'CSV_TYPE_MISMATCH', origin: 'user', at: { operator: 'sink file', field: 'amount', record: '{id: 2, amount: "much"}' } })
    expect(error.message).toMatch(/expected double, found string\. Make the value fit the row type/)
  })

  it('of a value in state names operator, state, key and field', async () => {
    const total = valueState('total', Order)
    const error = await failure((env) => {
      env
        .fromSequence(1, 1000)
        .keyBy((n) => n % 2)
        .process((ctx) => {
          const state = ctx.state(total)
          return { processElement: (n) => state.update({ id: n, amount: 'much' as unknown as number }) }
        }, types.long())
        .name('totals')
        .print()
    }, CHECKPOINTED)
    expect(error).toMatchObject({ code: 'CORE_TYPE_MISMATCH', origin: 'user', at: { operator: 'totals', field: 'amount', key: expect.stringMatching(/^[01]$/) as string } })
    expect(error.message).toMatch(/value state 'total' for key [01] cannot be written into a snapshot: field amount: expected a number, found the string "much"/)
  })
})

describe('a user function that throws', () => {
  it('once, leaves the result exact', async () => {
    const output = collectingSink<number>()
    let thrown = false
    const result = await run((env) => {
      env
        .fromSequence(1, 5000)
        .map((n) => {
          if (n !== 3000 || thrown) return n
          thrown = true
          throw new TypeError('boom')
        }, types.long())
        .sinkTo(output)
    }, CHECKPOINTED)
    expect(result.numRestarts).toBe(1)
    expect(output.values.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 5000 }, (_, index) => index + 1))
  })

  it('always, stops the job after one more try and names operator, key, record and remedy', async () => {
    let calls = 0
    const error = await failure((env) => {
      env
        .fromData(Array.from({ length: 1000 }, (_, id) => ({ id, customer: `c${id % 7}` })))
        .keyBy('customer')
        .process(
          () => ({
            processElement({ id }, _timestamp, out) {
              if (id === 500) {
                calls++
                throw new TypeError('boom')
              }
              out.collect(id)
            },
          }),
          types.int(),
        )
        .name('enrich')
        .print()
    }, { checkpoints: { interval: '1h' }, restart: CHECKPOINTED.restart })
    expect(calls).toBe(2)
    expect(error).toMatchObject({ code: 'CORE_USER_FUNCTION', origin: 'user', retryable: false, at: { operator: 'enrich', key: '"c3"', record: '{id: 500, customer: "c3"}' } })
    expect(error.message).toMatch(/operator "enrich".*record \{id: 500, customer: "c3"\} and key "c3": boom\. Mend the function, or go on .*onError.*failed in the same way again after a restart, so the job stops/)
  })

  it('goes on without the record where the policy says so', async () => {
    const output = collectingSink<number>()
    const result = await run((env) => {
      const halves = env.fromSequence(1, 100).map((n) => {
        if (n % 10 === 0) throw new RangeError(`${n}`)
        return n
      }, types.long())
      halves.onError('skip').sinkTo(output)
    })
    expect(result.recordsRejected).toBe(10)
    expect(output.values).toEqual(Array.from({ length: 100 }, (_, index) => index + 1).filter((n) => n % 10 !== 0))
  })
})

it('a key that is no key is refused with the record and what to use instead', async () => {
  const error = await failure((env) => {
    env
      .fromData([{ day: new Date(0) }])
      .keyBy((event) => event.day as unknown as string)
      .reduce((a) => a)
      .print()
  })
  expect(error).toMatchObject({ code: 'CORE_INVALID_KEY', origin: 'user', at: { operator: 'reduce', record: '{day: 1970-01-01T00:00:00.000Z}' } })
  expect(error.message).toMatch(/found an object of class Date; use a tuple of the fields that make the key/)
})

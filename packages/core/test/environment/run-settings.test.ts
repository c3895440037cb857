import { expect, test } from 'vitest'
import { parseArguments } from '../../src/environment/parse-arguments.ts'
import { readEnvironment, readFlags, RUN_FLAGS } from '../../src/environment/run-flags.ts'
import { mergeSettings } from '../../src/environment/run-settings.ts'
import type { FileSystem } from '../../src/spi/file-system.ts'

const flags = (...argv: string[]): ReturnType<typeof readFlags> => readFlags(parseArguments(argv, RUN_FLAGS, 'run').flags, 'flag')

test('every flag becomes its setting', () => {
  const all = ['--parallelism=3', '--param=a=1', '--param=b=x=y', '--from=latest', '--checkpoint-dir=/c', '--checkpoint-interval=10s']
  expect(flags(...all, '--savepoint-dir=/s', '--allow-dropped-state=u', '--allow-dropped-state=v', '--metrics-port=0', '--log-level=debug')).toEqual({
    parallelism: 3,
    params: { a: '1', b: 'x=y' },
    from: 'latest',
    checkpoints: { storage: '/c', interval: '10s', savepointDirectory: '/s' },
    allowDroppedState: ['u', 'v'],
    metricsPort: 0,
    logLevel: 'debug',
  })
})

test.each([
  ['--parallelism=0', '--parallelism expects a whole number from 1 to 32768'],
  ['--parallelism=2.5', "found '2.5'"],
  ['--param=novalue', "--param expects KEY=VALUE, found 'novalue'"],
  ['--checkpoint-interval=10', "--checkpoint-interval: expected a duration of whole milliseconds such as '500ms'"],
  ['--metrics-port=70000', '--metrics-port expects a whole number from 0 to 65535'],
  ['--log-level=inf', 'Did you mean info?'],
])('%s is refused', (flag, message) => {
  expect(() => flags(flag)).toThrow(expect.objectContaining({ code: 'CLI_INVALID_ARGUMENT', message: expect.stringContaining(message) }))
})

test('a parameter given twice is refused, and names of the prototype are ordinary names', () => {
  expect(() => flags('--param=a=1', '--param=a=2')).toThrow("sets 'a' twice")
  expect(Object.entries(flags('--param=__proto__=1').params ?? {})).toEqual([['__proto__', '1']])
})

test('variables are named after the flags; lists are split; unknown ones are reported', () => {
  const env = { MILLRACE_PARALLELISM: '2', MILLRACE_PARAM_in: 'x.csv', MILLRACE_ALLOW_DROPPED_STATE: 'u,v', MILLRACE_CHEKPOINT_DIR: '/c', MILLRACE_FROM: '', HOME: '/' }
  const { flags: read, warnings } = readEnvironment(env)
  expect(readFlags(read, 'variable')).toEqual({ parallelism: 2, params: { in: 'x.csv' }, allowDroppedState: ['u', 'v'], checkpoints: {} })
  expect(warnings).toEqual(['MILLRACE_CHEKPOINT_DIR is not a setting and has no effect. Did you mean MILLRACE_CHECKPOINT_DIR?'])
  expect(() => readFlags(readEnvironment({ MILLRACE_PARALLELISM: 'x' }).flags, 'variable')).toThrow('MILLRACE_PARALLELISM expects')
})

test('flag > variable > config > code, setting by setting', () => {
  const fileSystem = (scheme: string): FileSystem => ({ scheme }) as FileSystem
  const { options, params, logLevel, metricsPort } = mergeSettings([
    flags('--parallelism=4', '--param=a=flag', '--checkpoint-interval=1s'),
    readFlags(readEnvironment({ MILLRACE_PARALLELISM: '3', MILLRACE_PARAM_b: 'env', MILLRACE_PARAM_a: 'env' }).flags, 'variable'),
    { parallelism: 2, params: { a: 'config', c: 'config' }, checkpoints: { storage: '/config', interval: '2s' }, fileSystems: [fileSystem('s3')], metricsPort: 9 },
    { parallelism: 1, checkpoints: { storage: '/code', retained: 3 }, fileSystems: [fileSystem('mem')], bufferBytes: 10 },
  ])
  expect(options).toEqual({
    parallelism: 4,
    checkpoints: { storage: '/config', interval: '1s', retained: 3 },
    fileSystems: [{ scheme: 'mem' }, { scheme: 's3' }],
    bufferBytes: 10,
  })
  expect(params).toEqual({ a: 'flag', b: 'env', c: 'config' })
  expect([logLevel, metricsPort]).toEqual(['info', 9])
})

test('without checkpoint settings there are no checkpoint options', () => {
  expect(mergeSettings([flags(), {}]).options).toEqual({ fileSystems: [] })
})

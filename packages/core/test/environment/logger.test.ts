import { expect, test } from 'vitest'
import { createLineLogger, silentLogger, type LogLevel } from '../../src/environment/logger.ts'
import { MillraceError } from '../../src/errors.ts'

function lines(level: LogLevel): { logger: ReturnType<typeof createLineLogger>; written: string[] } {
  const written: string[] = []
  return { written, logger: createLineLogger({ level, write: (line) => void written.push(line), now: () => 0 }) }
}

test('time, level, message and fields on one plain line', () => {
  const { logger, written } = lines('info')
  logger.info({ job: 'flights', checkpointId: 3, path: '/tmp/a b', skipped: undefined, ok: true, none: null }, 'checkpoint\ncompleted')
  expect(written).toEqual(['1970-01-01T00:00:00.000Z INFO  checkpoint completed job=flights checkpointId=3 path="/tmp/a b" ok=true none=null\n'])
})

test.each([
  ['debug', 'DIWE'],
  ['info', 'IWE'],
  ['warn', 'WE'],
  ['error', 'E'],
  ['silent', ''],
] as const)('level %s writes %s', (level, expected) => {
  const { logger, written } = lines(level)
  for (const method of ['debug', 'info', 'warn', 'error'] as const) logger[method]({}, 'x')
  expect(written.map((line) => line.split(' ')[1]?.[0]).join('')).toBe(expected)
})

test('errors show code and message; stacks only at debug', () => {
  const err = new MillraceError('CSV_BAD_FIELD', 'expected a number', { origin: 'external' })
  const quiet = lines('info')
  quiet.logger.error({ err, plain: new TypeError('no') }, 'failed')
  expect(quiet.written).toEqual(['1970-01-01T00:00:00.000Z ERROR failed err="CSV_BAD_FIELD: expected a number" plain="TypeError: no"\n'])
  const loud = lines('debug')
  loud.logger.error({ err }, 'failed')
  expect(loud.written.join('')).toContain('\n        at ')
})

test('fields that JSON refuses do not make logging fail', () => {
  const { logger, written } = lines('info')
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  logger.warn({ cycle, big: 12n, list: [1, 'a'] }, 'odd')
  expect(written[0]).toContain('cycle=[object that is not JSON] big=12 list=[1,"a"]')
})

test('a line break inside a field stays inside its line', () => {
  const { logger, written } = lines('info')
  logger.info({ value: 'a\nb' }, 'm')
  expect(written).toEqual(['1970-01-01T00:00:00.000Z INFO  m value="a\\nb"\n'])
})

test('the silent logger takes every call', () => {
  expect(silentLogger.error({ err: new Error('x') }, 'y')).toBeUndefined()
})

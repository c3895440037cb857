import { expect, test } from 'vitest'
import { forwardingLogger, logForwarded } from '../../../src/environment/workers/forwarding-logger.ts'
import { MillraceError } from '../../../src/errors.ts'

test('a line arrives with its fields, its errors, and its level', () => {
  const lines: unknown[] = []
  const target = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message })
  const logger = { debug: target('debug'), info: target('info'), warn: target('warn'), error: target('error') }
  const worker = forwardingLogger((message) => logForwarded(logger, structuredClone(message)))
  const err = new MillraceError('FS_NOT_FOUND', 'no file', { origin: 'external', cause: new TypeError('why') })
  worker.warn({ n: 1, when: new Date(0), err }, 'careful')
  worker.debug({ callback: () => {}, held: { symbol: Symbol('x') } }, 'detail')
  expect(lines).toMatchObject([
    { level: 'warn', message: 'careful', fields: { n: 1, when: new Date(0), err: { code: 'FS_NOT_FOUND', cause: { name: 'TypeError', message: 'why' } } } },
    { level: 'debug', message: 'detail', fields: { callback: '[function]', held: '[object that cannot be sent]' } },
  ])
})

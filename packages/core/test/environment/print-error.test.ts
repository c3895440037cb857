import { expect, test } from 'vitest'
import { printError } from '../../src/environment/print-error.ts'
import { MillraceError } from '../../src/errors.ts'

test('code, message, place, remedy and every cause once', () => {
  const cause = new Error('read failed', { cause: new TypeError('not a number') })
  const error = new MillraceError('CSV_BAD_FIELD', "expected a number, found 'x'", {
    origin: 'external',
    at: { file: '/d/a.csv', line: 12, operator: 'flights', subtask: 0 },
    cause,
  })
  for (const link of [cause, cause.cause as Error]) link.stack = `${String(link)}\n    at inside (node:fs:1:1)`
  expect(printError(error, { stacks: false })).toBe(
    "error CSV_BAD_FIELD: expected a number, found 'x'\n" +
      '  at: /d/a.csv:12, operator flights, subtask 0\n' +
      '  remedy: Something outside the process failed; mend it and run again.\n' +
      '  caused by: Error: read failed\n' +
      '  caused by: TypeError: not a number\n',
  )
})

test('a cause that the message already tells is not repeated', () => {
  const error = MillraceError.wrap(new Error('boom'), 'CORE_USER_FUNCTION', 'map threw', { origin: 'user' })
  expect(printError(error, { stacks: false })).not.toContain('caused by')
})

test("the line of the user's code is shown without the stack", () => {
  const thrown = new Error('boom')
  thrown.stack = 'Error: boom\n    at f (node:internal/x:1:1)\n    at g (file:///p/node_modules/q/i.js:3:4)\n    at map (file:///p/my%20job.ts:7:11)'
  const text = printError(new MillraceError('CORE_USER_FUNCTION', 'map threw', { origin: 'user', at: { operator: 'map' }, cause: thrown }), { stacks: false })
  expect(text).toContain('  at: operator map, /p/my job.ts:7\n')
  expect(text).not.toContain('node_modules')
})

test('what the own code threw at the engine is not called a defect of the engine', () => {
  const failed = (stack: string): string => {
    const thrown = new TypeError('boom')
    thrown.stack = `TypeError: boom\n${stack}`
    return printError(new MillraceError('CORE_TASK_FAILED', 'Task failed', { origin: 'engine', cause: thrown }), { stacks: false })
  }
  const engine = '    at poll (file:///p/node_modules/@millrace/core/i.js:3:4)'
  const own = '    at poll (file:///p/source.ts:7:11)'
  expect(failed(`    at node:internal/x:1:1\n${own}\n${engine}`)).toContain('  remedy: Mend the code at the place above.')
  expect(failed(`${engine}\n${own}`)).toContain('  remedy: This is a defect of Millrace.')
})

test('stacks on request, cycles of causes end', () => {
  const a = new Error('a')
  a.cause = new Error('b', { cause: a })
  expect(printError(a, { stacks: true })).toContain(a.stack)
})

test('what is not an error is printed too', () => {
  expect(printError('plain', { stacks: false })).toContain('error plain\n')
})

import { expect, test } from 'vitest'
import { closestName } from '../../src/environment/closest-name.ts'
import { describeFlags, parseArguments } from '../../src/environment/parse-arguments.ts'
import { RUN_FLAGS } from '../../src/environment/run-flags.ts'

const parse = (...argv: string[]): ReturnType<typeof parseArguments> => parseArguments(argv, RUN_FLAGS, 'millrace run')

test('flags with values, repeated flags, = and positionals', () => {
  const { flags, positionals } = parse('job.ts', '--parallelism', '4', '--param=a=b=c', '--param', 'd=', '--from=latest', '--', '--x')
  expect(Object.fromEntries(flags)).toEqual({ parallelism: ['4'], param: ['a=b=c', 'd='], from: ['latest'] })
  expect(positionals).toEqual(['job.ts', '--x'])
  expect(parse('-h').flags.has('help')).toBe(true)
})

test.each([
  [['--paralelism', '4'], 'CLI_UNKNOWN_FLAG', 'millrace run has no flag --paralelism. Did you mean --parallelism? See millrace run --help'],
  [['--xyz'], 'CLI_UNKNOWN_FLAG', 'millrace run has no flag --xyz. See millrace run --help'],
  [['-p', '4'], 'CLI_UNKNOWN_FLAG', 'no flag -p'],
  [['--from'], 'CLI_INVALID_ARGUMENT', '--from expects a value: --from latest|PATH'],
  [['--from', '--parallelism', '2'], 'CLI_INVALID_ARGUMENT', '--from expects a value'],
  [['--from='], 'CLI_INVALID_ARGUMENT', '--from expects a value'],
  [['--from', 'a', '--from', 'b'], 'CLI_INVALID_ARGUMENT', '--from is given twice'],
  [['--help=yes'], 'CLI_INVALID_ARGUMENT', '--help takes no value'],
])('%j is %s', (argv, code, message) => {
  expect(() => parse(...argv)).toThrow(expect.objectContaining({ code, origin: 'user', message: expect.stringContaining(message) }))
})

test('near names are found, far ones are not', () => {
  expect(closestName('savpoint', ['status', 'savepoint', 'stop'])).toBe('savepoint')
  expect(closestName('STOP', ['status', 'savepoint', 'stop'])).toBe('stop')
  expect(closestName('kafka', ['status', 'savepoint', 'stop'])).toBeUndefined()
  expect(closestName('x', [])).toBeUndefined()
})

test('the help lists every flag with its value', () => {
  const help = describeFlags(RUN_FLAGS)
  for (const { name } of RUN_FLAGS) expect(help).toContain(`--${name}`)
  expect(help).toMatch(/--param KEY=VALUE +One of the job's parameters \(may be repeated\)/)
})

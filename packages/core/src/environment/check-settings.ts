import { MillraceError } from '../errors.ts'
import { durationMs } from '../types/duration-ms.ts'
import type { Duration } from '../types/duration.ts'
import { didYouMean } from './closest-name.ts'
import type { MillraceConfig } from './define-config.ts'
import type { CheckpointOptions, RestartStrategy, StuckFunctionOptions } from './run-options.ts'
import type { SubmitUrlOptions } from './submit.ts'

/** What is wrong with the value of the setting `path`; undefined when nothing is. */
type Check = (value: unknown, path: string) => string | undefined
/** A record and not a list, so that the compiler refuses a forgotten setting. */
type Shape<T> = Readonly<Record<keyof T, Check>>

const anything: Check = () => undefined
const flag: Check = expecting('true or false', (value) => typeof value === 'boolean')
const text: Check = expecting('a text', (value) => typeof value === 'string' && value !== '')
const duration: Check = expecting("a duration of whole milliseconds such as '500ms', '10s', '15min', '6h' or '1d'", isDuration)
const storage: Check = having('a path, or a checkpoint storage', 'open')

const CHECKPOINTS: Shape<CheckpointOptions> = {
  storage: (value, path) => (typeof value === 'string' ? text(value, path) : storage(value, path)),
  interval: duration,
  timeout: duration,
  minPause: duration,
  tolerableFailures: whole(0),
  mode: oneOf('exactlyOnce', 'atLeastOnce'),
  incremental: flag,
  retained: whole(1),
  retainOnCancel: flag,
  savepointDirectory: text,
}
const STUCK_FUNCTION: Shape<StuckFunctionOptions> = { limit: duration, action: oneOf('warn', 'restart') }
const RESTART: { readonly [K in RestartStrategy['kind']]: Shape<Omit<Extract<RestartStrategy, { kind: K }>, 'kind'>> } = {
  none: {},
  fixedDelay: { attempts: required(whole(0)), delay: required(duration) },
  failureRate: { maxFailures: required(whole(0)), within: required(duration), delay: required(duration) },
  exponentialDelay: { initialDelay: duration, maxDelay: duration, multiplier: number(1), jitter: number(0, 1), resetAfter: duration, attempts: number(0) },
}
const SETTINGS: Shape<MillraceConfig> = {
  parallelism: whole(1, 32_768),
  workers: whole(0, 1_024),
  ioThreads: flag,
  workerHeapMb: whole(1),
  workerStartTimeout: duration,
  stuckFunction: group(STUCK_FUNCTION),
  maxParallelism: whole(1, 32_768),
  stateBackend: having('a state backend', 'open'),
  checkpoints: group(CHECKPOINTS),
  restart,
  from: text,
  allowDroppedState: each(text),
  fileSystems: each(having('a file system', 'status')),
  logger: having('a logger', 'debug', 'info', 'warn', 'error'),
  metricReporters: each(having('a metric reporter', 'report')),
  autoWatermarkInterval: duration,
  bufferTimeout: duration,
  bufferBytes: whole(1),
  bufferDebloatTarget: duration,
  optimizer: group({ chaining: flag, combiners: flag, codeGeneration: flag }),
  params: anything,
  metricsPort: whole(0, 65_535),
  logLevel: oneOf('debug', 'info', 'warn', 'error', 'silent'),
}
const OPTIONS: Shape<MillraceConfig & SubmitUrlOptions> = { ...SETTINGS, signal: anything, config: anything }

/** The first thing that is wrong with a configuration; undefined if it is right. What a type check would find, for those who run without. */
export function problemOfSettings(config: object): string | undefined {
  return problemOf(config, SETTINGS, '')
}

/** Throws CORE_INVALID_OPTION for options of `submit` or `runMain` that do not exist or cannot be meant: ignored, they would do harm unseen. */
export function requireOptions(options: object): void {
  const problem = problemOf(options, OPTIONS, '')
  if (problem !== undefined) throw new MillraceError('CORE_INVALID_OPTION', problem, { origin: 'user' })
}

function problemOf(values: object, shape: Readonly<Record<string, Check>>, prefix: string): string | undefined {
  for (const name of Object.keys(values)) {
    if (!Object.hasOwn(shape, name)) return `There is no setting '${prefix}${name}'.${didYouMean(name, Object.keys(shape))}`
  }
  for (const [name, check] of Object.entries(shape)) {
    const problem = check((values as Readonly<Record<string, unknown>>)[name], prefix + name)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** Absent is right; `required` says where it is not. */
function expecting(what: string, isRight: (value: unknown) => boolean): Check {
  return (value, path) => (value === undefined || isRight(value) ? undefined : `Expected ${path} to be ${what}, found ${describe(value)}`)
}

function required(check: Check): Check {
  return (value, path) => (value === undefined ? `Expected ${path} to be given, found none` : check(value, path))
}

function whole(from: number, to: number = Number.MAX_SAFE_INTEGER): Check {
  return expecting(to === Number.MAX_SAFE_INTEGER ? `a whole number from ${from}` : `a whole number from ${from} to ${to}`, (value) => Number.isSafeInteger(value) && isBetween(value, from, to))
}

function number(from: number, to: number = Number.POSITIVE_INFINITY): Check {
  return expecting(to === Number.POSITIVE_INFINITY ? `a number from ${from}` : `a number from ${from} to ${to}`, (value) => isBetween(value, from, to))
}

function isBetween(value: unknown, from: number, to: number): boolean {
  return typeof value === 'number' && value >= from && value <= to
}

function oneOf(...values: readonly string[]): Check {
  return expecting(`one of ${values.join(', ')}`, (value) => values.some((each) => each === value))
}

/** An object with these methods: what a package or a class makes is checked no further. */
function having(what: string, ...methods: readonly string[]): Check {
  return expecting(`${what}, with ${methods.join(', ')}`, (value) => (typeof value === 'object' || typeof value === 'function') && value !== null && methods.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function'))
}

function each(check: Check): Check {
  return (value, path) => {
    if (!Array.isArray(value)) return expecting('a list', Array.isArray)(value, path)
    return value.map((item, index) => required(check)(item, `${path}[${index}]`)).find((problem) => problem !== undefined)
  }
}

function group(shape: Readonly<Record<string, Check>>): Check {
  return (value, path) => (isObject(value) ? problemOf(value, shape, `${path}.`) : expecting('an object', isObject)(value, path))
}

function restart(value: unknown, path: string): string | undefined {
  if (!isObject(value)) return expecting("an object such as { kind: 'fixedDelay', attempts: 3, delay: '1s' }", isObject)(value, path)
  const kinds: Readonly<Record<string, Readonly<Record<string, Check>>>> = RESTART
  const { kind, ...others } = value
  const shape = typeof kind === 'string' && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
  return shape === undefined ? required(oneOf(...Object.keys(kinds)))(kind, `${path}.kind`) : problemOf(others, shape, `${path}.`)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isDuration(value: unknown): boolean {
  try {
    durationMs(value as Duration)
    return true
  } catch {
    return false
  }
}

/** Objects are not shown: they may hold secrets. */
function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'string' ? `'${value}'` : typeof value === 'object' && value !== null ? 'an object' : typeof value === 'function' ? 'a function' : String(value)
}

import { durationMs } from '../types/duration-ms.ts'
import type { Duration } from '../types/duration.ts'
import { didYouMean } from './closest-name.ts'
import type { MillraceConfig } from './define-config.ts'
import { LOG_LEVELS, type LogLevel } from './logger.ts'
import { HELP_FLAG, invalidArgument, type Flag, type ParsedArguments } from './parse-arguments.ts'

/** What `millrace run job.ts` and `node job.ts` understand. */
export const RUN_FLAGS: readonly Flag[] = [
  { name: 'parallelism', value: 'N', summary: 'Subtasks of every operator that does not set its own' },
  { name: 'workers', value: 'N', summary: 'Worker threads to spread the subtasks over; 0 and 1 use none' },
  { name: 'param', value: 'KEY=VALUE', repeated: true, summary: "One of the job's parameters" },
  { name: 'from', value: 'latest|PATH', summary: 'Restore from the newest checkpoint, or from a checkpoint or savepoint' },
  { name: 'checkpoint-dir', value: 'PATH', summary: 'Keep durable checkpoints below this path or URL' },
  { name: 'checkpoint-interval', value: 'DURATION', summary: 'Time between two checkpoints, such as 10s' },
  { name: 'checkpoint-incremental', value: 'true|false', summary: 'Checkpoints hold only what changed since the one before' },
  { name: 'savepoint-dir', value: 'PATH', summary: 'Take a savepoint here when the job is stopped' },
  { name: 'allow-dropped-state', value: 'UID', repeated: true, summary: 'Restore although the state of this operator has no home' },
  { name: 'metrics-port', value: 'PORT', summary: 'Serve /metrics, /metrics.json and /health on 127.0.0.1; 0 takes a free port' },
  { name: 'log-level', value: 'LEVEL', summary: `Least important log line: ${LOG_LEVELS.join(', ')}` },
  { name: 'config', value: 'PATH', summary: 'Use this file instead of the nearest millrace.config.ts' },
  HELP_FLAG,
]

const PARAM_PREFIX = 'MILLRACE_PARAM_'
const LIST_FLAGS: readonly string[] = ['allow-dropped-state']

/** The variable of a flag: `--checkpoint-dir` is MILLRACE_CHECKPOINT_DIR. */
function variableOf(flag: string): string {
  return `MILLRACE_${flag.toUpperCase().replaceAll('-', '_')}`
}

/** Flags by name, as the environment sets them; parameters are MILLRACE_PARAM_<name>, lists are separated by commas. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): { flags: ParsedArguments['flags']; warnings: readonly string[] } {
  const flags = new Map<string, readonly string[]>()
  const names = new Map(RUN_FLAGS.filter(({ name, value }) => value !== undefined && name !== 'param').map(({ name }) => [variableOf(name), name]))
  const warnings: string[] = []
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith('MILLRACE_') || value === undefined || value === '') continue
    const flag = names.get(variable)
    if (variable.startsWith(PARAM_PREFIX)) {
      flags.set('param', [...(flags.get('param') ?? []), `${variable.slice(PARAM_PREFIX.length)}=${value}`])
    } else if (flag === undefined) {
      warnings.push(`${variable} is not a setting and has no effect.${didYouMean(variable, [...names.keys()])}`)
    } else flags.set(flag, LIST_FLAGS.includes(flag) ? value.split(',') : [value])
  }
  return { flags, warnings }
}

/** Flags as settings. `spell` names one in an error: the flag, or its variable. Throws CLI_INVALID_ARGUMENT. */
export function readFlags(flags: ParsedArguments['flags'], spell: 'flag' | 'variable'): MillraceConfig {
  const spelled = (name: string): string => (spell === 'flag' ? `--${name}` : name === 'param' ? `${PARAM_PREFIX}…` : variableOf(name))
  function one<T>(name: string, read: (text: string, name: string) => T): T | undefined {
    const text = flags.get(name)?.[0]
    return text === undefined ? undefined : read(text, spelled(name))
  }
  const text = (value: string): string => value
  const list = flags.get('allow-dropped-state')
  const params = flags.get('param')
  return withoutUndefined({
    parallelism: one('parallelism', (value, name) => wholeNumber(value, name, 1, 32_768)),
    workers: one('workers', (value, name) => wholeNumber(value, name, 0, 1_024)),
    from: one('from', text),
    checkpoints: withoutUndefined({
      storage: one('checkpoint-dir', text),
      interval: one('checkpoint-interval', duration),
      incremental: one('checkpoint-incremental', trueOrFalse),
      savepointDirectory: one('savepoint-dir', text),
    }),
    allowDroppedState: list,
    metricsPort: one('metrics-port', (value, name) => wholeNumber(value, name, 0, 65_535)),
    logLevel: one('log-level', logLevel),
    params: params === undefined ? undefined : readParams(params, spelled('param')),
  })
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** An absent setting must not hide the one below it. */
export function withoutUndefined<T extends object>(record: T): Defined<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Defined<T>
}

function readParams(pairs: readonly string[], name: string): Record<string, string> {
  const params = new Map<string, string>()
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    if (equals < 1) throw invalidArgument(`${name} expects KEY=VALUE, found '${pair}'`)
    const key = pair.slice(0, equals)
    if (params.has(key)) throw invalidArgument(`${name} sets '${key}' twice; set it once`)
    params.set(key, pair.slice(equals + 1))
  }
  return Object.fromEntries(params)
}

function wholeNumber(text: string, name: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw invalidArgument(`${name} expects a whole number from ${min} to ${max}, found '${text}'`)
}

function trueOrFalse(text: string, name: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  throw invalidArgument(`${name} expects true or false, found '${text}'`)
}

function duration(text: string, name: string): Duration {
  try {
    durationMs(text as Duration)
  } catch (cause) {
    throw invalidArgument(`${name}: ${cause instanceof Error ? cause.message : text}`)
  }
  return text as Duration
}

function logLevel(text: string, name: string): LogLevel {
  const found = LOG_LEVELS.find((level) => level === text)
  if (found !== undefined) return found
  throw invalidArgument(`${name} expects one of ${LOG_LEVELS.join(', ')}, found '${text}'.${didYouMean(text, LOG_LEVELS)}`)
}

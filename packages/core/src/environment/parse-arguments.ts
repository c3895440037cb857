import { MillraceError } from '../errors.ts'
import { didYouMean } from './closest-name.ts'

/** One flag of a command, written `--name VALUE` or `--name=VALUE`. */
export interface Flag {
  /** Without the dashes. */
  readonly name: string
  /** What stands for the value in the help, such as `N` or `KEY=VALUE`. Absent: the flag takes no value. */
  readonly value?: string
  /** It may be given several times. */
  readonly repeated?: boolean
  readonly summary: string
}

export interface ParsedArguments {
  /** Values by flag name, in the order given; the empty string for a flag without a value. */
  readonly flags: ReadonlyMap<string, readonly string[]>
  readonly positionals: readonly string[]
}

/** Known to every command; whoever parses checks it first. */
export const HELP_FLAG: Flag = { name: 'help', summary: 'Show this help' }

/**
 * Splits a command line. Everything after `--` is positional. Throws CLI_UNKNOWN_FLAG or CLI_INVALID_ARGUMENT.
 * `command` is what the user typed, for the messages.
 */
export function parseArguments(argv: readonly string[], known: readonly Flag[], command: string): ParsedArguments {
  const flags = new Map<string, string[]>()
  const positionals: string[] = []
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] ?? ''
    if (argument === '--') {
      positionals.push(...argv.slice(i + 1))
      break
    }
    if (!argument.startsWith('-') || argument === '-') {
      positionals.push(argument)
      continue
    }
    const equals = argument.indexOf('=')
    const typed = equals < 0 ? argument : argument.slice(0, equals)
    const flag = known.find(({ name }) => `--${name}` === (typed === '-h' ? '--help' : typed))
    if (flag === undefined) throw unknownFlag(typed, known, command)
    const values = flags.get(flag.name) ?? []
    if (values.length > 0 && flag.repeated !== true) throw invalidArgument(`${typed} is given twice; give it once`)
    flags.set(flag.name, values)
    if (flag.value === undefined) {
      if (equals >= 0) throw invalidArgument(`${typed} takes no value, found '${argument}'`)
      values.push('')
    } else {
      const value = equals >= 0 ? argument.slice(equals + 1) : argv[++i]
      if (value === undefined || value === '' || (equals < 0 && value.startsWith('--'))) {
        throw invalidArgument(`${typed} expects a value: ${typed} ${flag.value} (${flag.summary})`)
      }
      values.push(value)
    }
  }
  return { flags, positionals }
}

/** The flags as the lines of a help text. */
export function describeFlags(flags: readonly Flag[]): string {
  const left = flags.map(({ name, value }) => (value === undefined ? `--${name}` : `--${name} ${value}`))
  const width = Math.max(...left.map((text) => text.length))
  return flags.map(({ summary, repeated }, i) => `  ${(left[i] ?? '').padEnd(width)}  ${summary}${repeated === true ? ' (may be repeated)' : ''}\n`).join('')
}

/** CLI_INVALID_ARGUMENT, origin user. */
export function invalidArgument(message: string): MillraceError {
  return new MillraceError('CLI_INVALID_ARGUMENT', message, { origin: 'user' })
}

function unknownFlag(typed: string, known: readonly Flag[], command: string): MillraceError {
  const names = known.map(({ name }) => `--${name}`)
  return new MillraceError('CLI_UNKNOWN_FLAG', `${command} has no flag ${typed}.${didYouMean(typed, names)} See ${command} --help`, { origin: 'user' })
}

import { readFileSync } from 'node:fs'
import { didYouMean, exitCodeOf, printError, type Command, type ProgramHost } from '@millrace/core/cli'
import { MillraceError } from '@millrace/core/spi'
import { BUILT_IN_COMMANDS } from './built-in-commands.ts'
import { loadExtensionCommands } from './extension-commands.ts'

/** The `millrace` command. Returns the exit code and never throws: what goes wrong is printed. */
export async function runCli(host: ProgramHost): Promise<number> {
  try {
    return await dispatch(host)
  } catch (error) {
    host.stderr.write(printError(error, { stacks: host.env['MILLRACE_LOG_LEVEL'] === 'debug' }))
    return exitCodeOf(error)
  }
}

async function dispatch(host: ProgramHost): Promise<number> {
  const [name, ...argv] = host.argv
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') return showHelp(host)
  if (name === '--version') {
    host.stdout.write(`${version()}\n`)
    return 0
  }
  const builtIn = BUILT_IN_COMMANDS.find((command) => command.name === name)
  if (builtIn !== undefined) return builtIn.run({ ...host, argv })
  const extensions = await loadExtensionCommands(host.directory)
  const extension = extensions.find((command) => command.name === name)
  if (extension !== undefined) return extension.run({ ...host, argv })
  throw unknownCommand(name, [...BUILT_IN_COMMANDS, ...extensions])
}

async function showHelp(host: ProgramHost): Promise<number> {
  const extensions = await loadExtensionCommands(host.directory)
  const commands = [...BUILT_IN_COMMANDS, ...extensions]
  const width = Math.max(...commands.map(({ name }) => name.length))
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}\n`)
  host.stdout.write(`Usage: millrace <command> [flags]\n\n${lines.join('')}\nmillrace <command> --help tells more; millrace --version its version.\n`)
  return 0
}

function unknownCommand(name: string, commands: readonly Command[]): MillraceError {
  const guess = /\.[cm]?[jt]s$/.test(name) ? ` Did you mean millrace run ${name}?` : didYouMean(name, commands.map((command) => command.name))
  return new MillraceError('CLI_UNKNOWN_COMMAND', `millrace has no command ${name}.${guess} See millrace --help`, { origin: 'user' })
}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { readonly version: string }
  return manifest.version
}

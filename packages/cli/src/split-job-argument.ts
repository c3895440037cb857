import { describeFlags, HELP_FLAG, invalidArgument, parseArguments, type Flag, type ProgramHost } from '@millrace/core/cli'

export interface JobCommand {
  readonly command: string
  readonly about: string
  readonly flags: readonly Flag[]
}

/**
 * The job module that a command is given, which may stand before or after its flags, and all else. Undefined when the help
 * was asked for without a job, and has been printed. Throws CLI_INVALID_ARGUMENT without a job.
 */
export function splitJobArgument(host: ProgramHost, { command, about, flags: known }: JobCommand): { readonly path: string; readonly argv: readonly string[] } | undefined {
  const { flags, positionals } = parseArguments(host.argv, known, command)
  const [path, ...others] = positionals
  if (path !== undefined) {
    const argv = [...flags].flatMap(([name, values]) => values.map((value) => (value === '' ? `--${name}` : `--${name}=${value}`)))
    return { path, argv: [...argv, ...others] }
  }
  if (!flags.has(HELP_FLAG.name)) throw invalidArgument(`${command} expects a job module, such as ${command} job.ts`)
  host.stdout.write(`${about}\n\nUsage: ${command} <job.ts> [flags]\n\n${describeFlags(known)}`)
  return undefined
}

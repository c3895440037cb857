import { describeFlags, HELP_FLAG, invalidArgument, parseArguments, type Flag } from './parse-arguments.ts'
import { checkParams } from './check-params.ts'
import { namingBuildErrors, readSettings, type Program } from './program.ts'
import type { ProgramHost } from './program-host.ts'
import { RUN_FLAGS } from './run-flags.ts'

const FORMATS = ['text', 'json', 'mermaid'] as const
const SHARED: readonly string[] = ['parallelism', 'workers', 'param', 'config']

/** What `millrace explain` understands. */
export const EXPLAIN_FLAGS: readonly Flag[] = [
  { name: 'format', value: FORMATS.join('|'), summary: 'How to show it; default text' },
  ...RUN_FLAGS.filter(({ name }) => SHARED.includes(name)),
  HELP_FLAG,
]

/** Prints how a job would be executed with the settings that a run would have. Returns the exit code; throws what is wrong. */
export async function explainJob(program: Program, host: ProgramHost): Promise<number> {
  const { flags, positionals } = parseArguments(host.argv, EXPLAIN_FLAGS, program.command)
  if (flags.has(HELP_FLAG.name)) {
    host.stdout.write(`Shows how the job '${program.job.name}' would be executed.\n\nUsage: ${program.command} [flags]\n\n${describeFlags(EXPLAIN_FLAGS)}`)
    return 0
  }
  if (positionals.length > 0) throw invalidArgument(`${program.command} expects flags only, found '${positionals[0]}'`)
  const typed = flags.get('format')?.[0] ?? 'text'
  const format = FORMATS.find((name) => name === typed)
  if (format === undefined) throw invalidArgument(`--format expects one of ${FORMATS.join(', ')}, found '${typed}'`)
  const { settings } = await readSettings(program, flags, host)
  const job = namingBuildErrors(program)
  checkParams(job.params, settings.params, job.name)
  const [{ buildGraph, validateParams }, { explain }] = await Promise.all([import('../api/build-graph.ts'), import('../optimizer/explain.ts')])
  const { parallelism = 1, maxParallelism, optimizer, workers = 0 } = settings.options
  const explanation = explain(buildGraph(job, validateParams(job, settings.params)), {
    parallelism,
    workers,
    ...(maxParallelism === undefined ? {} : { maxParallelism }),
    ...(optimizer?.chaining === undefined ? {} : { chaining: optimizer.chaining }),
    ...(optimizer?.combiners === undefined ? {} : { combiners: optimizer.combiners }),
  })
  const shown = format === 'json' ? JSON.stringify({ ...explanation.json, ...(explanation.threads === undefined ? {} : { threads: explanation.threads }) }, null, 2) : explanation[format]
  host.stdout.write(shown.endsWith('\n') ? shown : `${shown}\n`)
  return 0
}

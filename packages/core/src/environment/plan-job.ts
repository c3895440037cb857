import type { JobGraph } from '../graph/job-graph.ts'
import type { FileSystem } from '../spi/file-system.ts'
import { checkParams } from './check-params.ts'
import type { Flag, ParsedArguments } from './parse-arguments.ts'
import { namingBuildErrors, readSettings, type Program } from './program.ts'
import type { ProgramHost } from './program-host.ts'
import { RUN_FLAGS } from './run-flags.ts'

/** The flags of a run that its plan depends on. */
export const PLAN_FLAGS: readonly Flag[] = RUN_FLAGS.filter(({ name }) => ['parallelism', 'param', 'config'].includes(name))

export interface PlannedJob {
  readonly graph: JobGraph
  /** Of the settings. */
  readonly fileSystems: readonly FileSystem[]
}

/** What a run with these settings would execute. Throws what is wrong with the job or its settings. */
export async function planJob(program: Program, flags: ParsedArguments['flags'], host: ProgramHost): Promise<PlannedJob> {
  const { settings } = await readSettings(program, flags, host)
  const job = namingBuildErrors(program)
  checkParams(job.params, settings.params, job.name)
  const [{ buildGraph, validateParams }, { optimize }] = await Promise.all([import('../api/build-graph.ts'), import('../optimizer/optimize.ts')])
  const { parallelism = 1, maxParallelism, optimizer, fileSystems = [] } = settings.options
  const graph = optimize(buildGraph(job, validateParams(job, settings.params)), {
    parallelism,
    ...(maxParallelism === undefined ? {} : { maxParallelism }),
    ...(optimizer?.chaining === undefined ? {} : { chaining: optimizer.chaining }),
    ...(optimizer?.combiners === undefined ? {} : { combiners: optimizer.combiners }),
  })
  return { graph, fileSystems }
}

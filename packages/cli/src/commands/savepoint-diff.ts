import { describeFlags, HELP_FLAG, invalidArgument, loadJob, parseArguments, PLAN_FLAGS, planJob, type Flag, type ProgramHost } from '@millrace/core/cli'
import { diffSavepoint, openSavepoint, type OperatorDifference, type SavepointDifference, type StateChange } from '@millrace/core/savepoint'
import { formatTable } from '../format-table.ts'
import { savepointPath } from './savepoint-inspect.ts'

const FLAGS: readonly Flag[] = [{ name: 'json', summary: 'One JSON object with everything' }, ...PLAN_FLAGS, HELP_FLAG]
const COMMAND = 'millrace savepoint diff'

/** `millrace savepoint diff job.ts PATH [--json]`; exit code 1 when the job could not start from it. */
export async function compareSavepoint(host: ProgramHost): Promise<number> {
  const { flags, positionals } = parseArguments(host.argv, FLAGS, COMMAND)
  if (flags.has(HELP_FLAG.name)) {
    const about = 'Shows what a start of a job from a savepoint would do. Process functions are opened, to learn what states they declare.'
    host.stdout.write(`${about}\n\nUsage: ${COMMAND} <job.ts> <path> [flags]\n\n${describeFlags(FLAGS)}`)
    return 0
  }
  const [jobPath, path, ...others] = positionals
  if (jobPath === undefined || path === undefined || others.length > 0) {
    throw invalidArgument(`${COMMAND} expects a job module and the path of a savepoint, found ${positionals.join(' ') || 'none'}`)
  }
  const { job, moduleUrl } = await loadJob(jobPath, host.directory)
  const { graph, fileSystems } = await planJob({ job, moduleUrl, command: COMMAND }, flags, host)
  const difference = await diffSavepoint(graph, await openSavepoint(savepointPath(host, path), { fileSystems }))
  host.stdout.write(flags.has('json') ? `${JSON.stringify(difference)}\n` : describe(difference))
  return difference.startable ? 0 : 1
}

function describe({ path, job, startable, operators }: SavepointDifference): string {
  const verdict = startable ? 'can start from' : 'would be refused by'
  return `Job ${job} ${verdict} ${path}\n\n${operators.map(describeOperator).join('')}`
}

const MARKS = { matched: ' ', same: ' ', new: '+', dropped: '-', changed: '~' } as const

function describeOperator({ uid, name, change, stateless, maxParallelism: { before, now }, states = [], problems }: OperatorDifference): string {
  const note = change === 'matched' ? '' : change === 'new' ? ', only in the job' : stateless === true ? ', only in the savepoint, without state' : ', only in the savepoint'
  const keyGroups = before !== undefined && now !== undefined && before !== now ? `, key groups ${before} → ${now}` : ''
  const table = formatTable(states.map((state) => [`  ${MARKS[state.change]} ${state.name}`, describeChange(state)]))
  return `${MARKS[change]} ${uid} (${name})${note}${keyGroups}\n${table}${problems.map((problem) => `  ! ${problem}\n`).join('')}`
}

function describeChange({ change, before, now }: StateChange): string {
  if (change === 'changed') return `${before} → ${now}`
  return change === 'dropped' ? `${before}, dropped` : change === 'new' ? `${now}, starts empty` : `${now}`
}

import { resolve } from 'node:path'
import { describeFlags, formatCount, HELP_FLAG, invalidArgument, loadConfig, parseArguments, type Flag, type ProgramHost } from '@millrace/core/cli'
import { describeSavepoint, openSavepoint, type KeyedStateDescription, type OperatorDescription, type SavepointDescription } from '@millrace/core/savepoint'
import { formatBytes } from '../format-bytes.ts'
import { formatTable } from '../format-table.ts'

const FLAGS: readonly Flag[] = [
  { name: 'json', summary: 'One JSON object with everything' },
  { name: 'config', value: 'PATH', summary: 'Take file systems from this file instead of the nearest millrace.config.ts' },
  HELP_FLAG,
]
const COMMAND = 'millrace savepoint inspect'

/** `millrace savepoint inspect PATH [--json]`; reads the whole savepoint, so that it also says whether it can be read. */
export async function inspectSavepoint(host: ProgramHost): Promise<number> {
  const { flags, positionals } = parseArguments(host.argv, FLAGS, COMMAND)
  if (flags.has(HELP_FLAG.name)) {
    host.stdout.write(`Shows what is in a savepoint or checkpoint.\n\nUsage: ${COMMAND} <path> [flags]\n\n${describeFlags(FLAGS)}`)
    return 0
  }
  const [path, ...others] = positionals
  if (path === undefined || others.length > 0) throw invalidArgument(`${COMMAND} expects the path of one savepoint, found ${positionals.join(' ') || 'none'}`)
  const { fileSystems = [] } = await loadConfig(host.directory, flags.get('config')?.[0])
  const description = await describeSavepoint(await openSavepoint(savepointPath(host, path), { fileSystems }))
  host.stdout.write(flags.has('json') ? `${JSON.stringify(description)}\n` : describe(description))
  return 0
}

/** A URL stays as it is. */
export function savepointPath(host: ProgramHost, path: string): string {
  return /^[a-z][a-z0-9+.-]+:/i.test(path) ? path : resolve(host.directory, path)
}

function describe({ path, job, checkpointId, savepoint, triggeredMs, sizeBytes, operators }: SavepointDescription): string {
  const kind = savepoint ? 'savepoint' : 'checkpoint'
  const head = `${path}\n${kind} ${checkpointId} of job ${job}, ${new Date(triggeredMs).toISOString()}, ${formatBytes(sizeBytes)}\n`
  return `${head}\n${operators.map(describeOperator).join('\n')}`
}

function describeOperator(operator: OperatorDescription): string {
  const { uid, name, parallelism, maxParallelism, finishedSubtasks, sizeBytes, keyedStates, operatorStates, enumerator } = operator
  const finished = finishedSubtasks === 0 ? '' : `, ${finishedSubtasks} of ${parallelism} subtasks finished`
  const lines = [`${uid} (${name})  ×${parallelism} of at most ${maxParallelism}, ${formatBytes(sizeBytes)}${finished}\n`]
  const keyed = keyedStates.map((state) => [`  ${state.name}`, typeOf(state), `${formatCount(state.keys)} keys`, `${formatCount(state.entries)} entries`, formatBytes(state.sizeBytes)])
  const others = operatorStates.map(({ name: state, redistribution, type, elements, sizeBytes: bytes }) => [
    `  ${state}`,
    `${redistribution} of ${type ?? 'control objects'}`,
    `${formatCount(elements)} elements`,
    '',
    formatBytes(bytes),
  ])
  lines.push(formatTable([...keyed, ...others]))
  for (const { examples = [] } of operatorStates) for (const example of examples) lines.push(`    ${JSON.stringify(example)}\n`)
  if (enumerator !== undefined) lines.push(`  enumerator  ${JSON.stringify(enumerator)}\n`)
  return lines.join('')
}

function typeOf({ kind, type, userKeyType }: KeyedStateDescription): string {
  if (kind === 'timer') return 'timers'
  return `${kind} of ${userKeyType === undefined ? '' : `${userKeyType} → `}${type}`
}

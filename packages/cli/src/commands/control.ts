import { resolve } from 'node:path'
import {
  describeFlags,
  formatAge,
  formatCount,
  formatStatus,
  formatSummary,
  formatWatermarks,
  HELP_FLAG,
  invalidArgument,
  listJobs,
  parseArguments,
  sendRequest,
  type Flag,
  type ProgramHost,
  type RunningJob,
} from '@millrace/core/cli'
import { MillraceError } from '@millrace/core/spi'

interface ParsedCommand {
  readonly jobs: readonly RunningJob[]
  /** A job's name or process id, as typed. */
  readonly wanted: string | undefined
  readonly flag: (name: string) => string | undefined
}

/** `millrace status [job] [--watermarks] [--json]` */
export async function status(host: ProgramHost): Promise<number> {
  const flags = [
    { name: 'watermarks', summary: 'How far event time is in every split and on every edge, and what holds it back' },
    { name: 'json', summary: 'One JSON array with the whole status of each job' },
  ]
  const command = await parse(host, 'status', 'Shows the jobs of this user that run on this machine.', flags)
  if (command === undefined) return 0
  const jobs = command.wanted === undefined ? command.jobs : [pick(command)]
  if (command.flag('watermarks') !== undefined) return watermarks(host, jobs, command.flag('json') !== undefined)
  if (command.flag('json') !== undefined) host.stdout.write(`${JSON.stringify(jobs.map((job) => ({ pid: job.pid, ...job.status })))}\n`)
  else host.stdout.write(jobs.length === 0 ? 'No job is running.\n' : jobs.map((job) => describeJob(job, host.now())).join('\n'))
  return 0
}

async function watermarks(host: ProgramHost, jobs: readonly RunningJob[], json: boolean): Promise<number> {
  const found = await Promise.all(jobs.map(async ({ pid, path, status: { jobName } }) => ({ pid, jobName, watermarks: await sendRequest(path, { command: 'watermarks' }) })))
  if (json) host.stdout.write(`${JSON.stringify(found)}\n`)
  else if (found.length === 0) host.stdout.write('No job is running.\n')
  else for (const { pid, jobName, watermarks: times } of found) host.stdout.write(`${jobName} (process ${pid})\n${formatWatermarks(times, host.now())}`)
  return 0
}

/** `millrace savepoint [job] [--dir PATH]`; prints the savepoint's pointer. */
export async function savepoint(host: ProgramHost): Promise<number> {
  const flags = [{ name: 'dir', value: 'PATH', summary: "Where to put it, instead of the job's own savepoint directory" }]
  const command = await parse(host, 'savepoint', 'Takes a savepoint of a running job, which goes on. Prints its path. See also millrace savepoint inspect --help and diff --help.', flags)
  if (command === undefined) return 0
  const directory = absolute(host, command.flag('dir'))
  const pointer = await sendRequest(pick(command).path, { command: 'savepoint', ...(directory === undefined ? {} : { directory }) })
  host.stdout.write(`${pointer}\n`)
  return 0
}

/** `millrace stop [job] [--savepoint PATH] [--drain]` */
export async function stop(host: ProgramHost): Promise<number> {
  const flags = [
    { name: 'savepoint', value: 'PATH', summary: "Where to put the final savepoint, instead of the job's own savepoint directory" },
    { name: 'drain', summary: 'End event time first: windows fire, and the job cannot be continued' },
  ]
  const command = await parse(host, 'stop', 'Stops a running job gracefully and waits for its end.', flags)
  if (command === undefined) return 0
  const job = pick(command)
  const directory = absolute(host, command.flag('savepoint'))
  const drain = command.flag('drain') !== undefined
  const result = await sendRequest(job.path, { command: 'stop', drain, ...(directory === undefined ? {} : { savepoint: directory }) })
  host.stdout.write(formatSummary(job.status.jobName, result))
  return 0
}

/** `millrace cancel [job]` */
export async function cancel(host: ProgramHost): Promise<number> {
  const command = await parse(host, 'cancel', 'Ends a running job at once; nothing further is committed.', [])
  if (command === undefined) return 0
  const job = pick(command)
  await sendRequest(job.path, { command: 'cancel' })
  host.stdout.write(`${job.status.jobName} canceled\n`)
  return 0
}

/** A relative path means here, not where the job was started; a URL stays as it is. */
function absolute(host: ProgramHost, path: string | undefined): string | undefined {
  return path === undefined || /^[a-z][a-z0-9+.-]+:/i.test(path) ? path : resolve(host.directory, path)
}

/** Undefined when only the help was asked for. */
async function parse(host: ProgramHost, name: string, about: string, ownFlags: readonly Flag[]): Promise<ParsedCommand | undefined> {
  const known = [...ownFlags, HELP_FLAG]
  const { flags, positionals } = parseArguments(host.argv, known, `millrace ${name}`)
  if (flags.has(HELP_FLAG.name)) {
    host.stdout.write(`${about}\n\nUsage: millrace ${name} [job name or process id] [flags]\n\n${describeFlags(known)}`)
    return undefined
  }
  if (positionals.length > 1) throw invalidArgument(`millrace ${name} expects one job, found ${positionals.join(' ')}`)
  const onSilent = (pid: number): void => void host.stderr.write(`process ${pid} has a control socket and does not answer: its thread is busy, or it was suspended\n`)
  return { jobs: await listJobs({ onSilent }), wanted: positionals[0], flag: (flag) => flags.get(flag)?.[0] }
}

/** The one job that is meant; guessing between several would end the wrong one. */
function pick({ jobs, wanted }: ParsedCommand): RunningJob {
  const found = jobs.filter(({ pid, status: { jobName } }) => wanted === undefined || jobName === wanted || String(pid) === wanted)
  const [only] = found
  if (only === undefined) {
    const running = jobs.length === 0 ? 'no job is running' : `running: ${names(jobs)}`
    throw new MillraceError('CLI_NO_SUCH_JOB', `${wanted === undefined ? 'There is no job to talk to' : `There is no running job '${wanted}'`}; ${running}`, { origin: 'external' })
  }
  if (found.length > 1) {
    throw new MillraceError('CLI_SEVERAL_JOBS', `Several jobs are meant: ${names(found)}. Name one, by its process id if need be`, { origin: 'user' })
  }
  return only
}

function names(jobs: readonly RunningJob[]): string {
  return jobs.map(({ pid, status: { jobName } }) => `${jobName} (process ${pid})`).join(', ')
}

function describeJob({ pid, status: job }: RunningJob, nowMs: number): string {
  const seconds = Math.max(1, nowMs - job.startedMs) / 1000
  const average = { inPerSecond: job.recordsIn / seconds, outPerSecond: job.recordsOut / seconds }
  const rows = job.vertices.map((vertex) => [
    `  ${vertex.name}`,
    `×${vertex.parallelism}`,
    `in ${formatCount(vertex.numRecordsIn)}`,
    `out ${formatCount(vertex.numRecordsOut)}`,
    vertex.idle ? 'idle' : `busy ${Math.round(vertex.busyRatio * 100)} %`,
    `back-pressured ${Math.round(vertex.backPressuredRatio * 100)} %`,
  ])
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const table = rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()}\n`)
  return `${formatStatus(job, average, nowMs)} | process ${pid}, for ${formatAge(nowMs - job.startedMs)}\n${table.join('')}`
}

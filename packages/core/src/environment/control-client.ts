import { createConnection } from 'node:net'
import { MillraceError } from '../errors.ts'
import { controlDirectory, type ControlDirectory } from './control-path.ts'
import type { ControlRequest, ControlResponse, ControlResults } from './control-protocol.ts'
import { isAlive } from './control-server.ts'
import type { JobStatus } from './job-client.ts'

/** A job that runs in some process of this user on this machine. */
export interface RunningJob {
  readonly pid: number
  readonly path: string
  readonly status: JobStatus
}

export interface ListJobsOptions {
  readonly directory?: ControlDirectory
  /** Called for a process that does not answer within `timeoutMs`: code of the job keeps its thread, or it is stopped. */
  readonly onSilent?: (pid: number) => void
  /** Default 5000. */
  readonly timeoutMs?: number
}

/** All jobs that answer, oldest first. Sockets of dead processes are removed on the way. */
export async function listJobs({ directory = controlDirectory(), onSilent, timeoutMs = 5_000 }: ListJobsOptions = {}): Promise<readonly RunningJob[]> {
  const dead = directory.list().filter(({ pid }) => !isAlive(pid))
  for (const { path } of dead) directory.remove(path)
  const asked = directory.list().map(async ({ path, pid }): Promise<RunningJob[]> => {
    const response = await exchange(path, '{"command":"status"}\n', timeoutMs).catch(ignoreGone)
    if (response === 'silent') onSilent?.(pid)
    if (response === undefined || response === 'silent') return []
    return [{ path, pid, status: resultOf(response) as JobStatus }]
  })
  return (await Promise.all(asked)).flat().sort((a, b) => a.status.startedMs - b.status.startedMs)
}

/** Sends one request and waits for its answer, however long the job takes. Throws what the job threw, or CLI_CONTROL_FAILED. */
export async function sendRequest<R extends ControlRequest>(path: string, request: R): Promise<ControlResults[R['command']]> {
  return resultOf(await exchange(path, `${JSON.stringify(request)}\n`)) as ControlResults[R['command']]
}

function resultOf(response: ControlResponse): unknown {
  if (!response.ok) throw MillraceError.fromWire(response.error)
  return response.result
}

async function exchange(path: string, line: string): Promise<ControlResponse>
async function exchange(path: string, line: string, timeoutMs: number): Promise<ControlResponse | 'silent'>
async function exchange(path: string, line: string, timeoutMs?: number): Promise<ControlResponse | 'silent'> {
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = createConnection(path)
    const fail = (why: string, cause?: unknown): void => {
      const message = `The job at ${path} ${why}; it has probably ended. See millrace status`
      reject(new MillraceError('CLI_CONTROL_FAILED', message, { origin: 'external', cause }))
    }
    if (timeoutMs !== undefined) {
      socket.setTimeout(timeoutMs, () => {
        resolve('silent')
        socket.destroy()
      })
    }
    socket.setEncoding('utf8')
    socket.on('connect', () => socket.write(line))
    socket.on('error', (cause) => fail('does not answer', cause))
    socket.on('close', () => fail('closed the connection without an answer'))
    socket.on('data', (chunk: string) => {
      received += chunk
      const end = received.indexOf('\n')
      if (end < 0) return
      resolve(JSON.parse(received.slice(0, end)) as ControlResponse)
      socket.end()
    })
  })
}

/** Between listing and asking a job may end, and a number of a dead process may belong to another one now. */
function ignoreGone(error: unknown): undefined {
  if (MillraceError.is(error) && error.code === 'CLI_CONTROL_FAILED') return undefined
  throw error
}

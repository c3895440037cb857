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

/** All jobs that answer, oldest first. Sockets of dead processes are removed on the way. */
export async function listJobs(directory: ControlDirectory = controlDirectory()): Promise<readonly RunningJob[]> {
  const jobs: RunningJob[] = []
  for (const { path, pid } of directory.list()) {
    if (!isAlive(pid)) {
      directory.remove(path)
      continue
    }
    const status = await sendRequest(path, { command: 'status' }).catch(ignoreGone)
    if (status !== undefined) jobs.push({ path, pid, status })
  }
  return jobs.sort((a, b) => a.status.startedMs - b.status.startedMs)
}

/** Sends one request and waits for its answer, however long the job takes. Throws what the job threw, or CLI_CONTROL_FAILED. */
export async function sendRequest<R extends ControlRequest>(path: string, request: R): Promise<ControlResults[R['command']]> {
  const response = await exchange(path, `${JSON.stringify(request)}\n`)
  if (!response.ok) throw MillraceError.fromWire(response.error)
  return response.result as ControlResults[R['command']]
}

function exchange(path: string, line: string): Promise<ControlResponse> {
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = createConnection(path)
    const fail = (why: string, cause?: unknown): void => {
      const message = `The job at ${path} ${why}; it has probably ended. See millrace status`
      reject(new MillraceError('CLI_CONTROL_FAILED', message, { origin: 'external', cause }))
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

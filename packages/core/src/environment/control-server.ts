import { chmodSync } from 'node:fs'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { MillraceError } from '../errors.ts'
import type { ControlDirectory } from './control-path.ts'
import { LONGEST_REQUEST_BYTES, parseRequest, type ControlRequest, type ControlResponse } from './control-protocol.ts'
import type { JobClient } from './job-client.ts'

/** The local socket through which other processes of the same user talk to a running job. */
export interface ControlServer {
  readonly path: string
  /** Answers what has been asked, then closes every connection and removes the socket. */
  close(): Promise<void>
}

/**
 * Serves `client` on a socket in `directory` that only this user can open, and removes the sockets of dead processes there.
 * Errors on a single connection end that connection only; they go to `onError`.
 */
export async function startControlServer(client: JobClient, directory: ControlDirectory, onError: (error: unknown) => void): Promise<ControlServer> {
  directory.prepare()
  await removeStale(directory)
  const path = directory.pathFor(client.jobName, process.pid)
  const sockets = new Set<Socket>()
  const answers = new Set<Promise<void>>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', onError)
    serveConnection(socket, client, (answer) => {
      answers.add(answer)
      void answer.finally(() => answers.delete(answer)).catch(onError)
    })
  })
  await listen(server, path)
  if (process.platform !== 'win32') chmodSync(path, 0o600)
  // A job that has ended must not be kept alive by its socket.
  server.unref()
  return {
    path,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await Promise.allSettled(answers)
      for (const socket of sockets) socket.end(() => socket.destroy())
      await closed
      directory.remove(path)
    },
  }
}

function serveConnection(socket: Socket, client: JobClient, track: (answer: Promise<void>) => void): void {
  let pending = ''
  let previous: Promise<void> = Promise.resolve()
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    const lines = (pending + chunk).split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines) {
      if (line.trim() === '') continue
      // Started at once, so that `cancel` overtakes a long `stop`; answered in order.
      const answer = respond(line, client)
      previous = previous.then(async () => write(socket, await answer))
      track(previous)
    }
    if (Buffer.byteLength(pending) > LONGEST_REQUEST_BYTES) socket.destroy()
  })
}

async function respond(line: string, client: JobClient): Promise<ControlResponse> {
  try {
    return { ok: true, result: await execute(parseRequest(line), client) }
  } catch (error) {
    return { ok: false, error: MillraceError.toWire(error) }
  }
}

async function execute(request: ControlRequest, client: JobClient): Promise<unknown> {
  switch (request.command) {
    case 'status':
      return client.status()
    case 'metrics':
      return client.metrics()
    case 'watermarks':
      return client.watermarks()
    case 'savepoint':
      return client.savepoint(request.directory)
    case 'stop': {
      const { savepoint, drain = false } = request
      return client.stop(savepoint === undefined ? { drain } : { savepoint, drain })
    }
    case 'cancel':
      await client.cancel()
      return null
  }
}

/** Resolves when the answer has left; the asker may have gone away meanwhile, which is no error of ours. */
function write(socket: Socket, response: ControlResponse): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve()
    else socket.write(`${JSON.stringify(response)}\n`, () => resolve())
  })
}

async function removeStale(directory: ControlDirectory): Promise<void> {
  for (const { path, pid } of directory.list()) if (!isAlive(pid) || (pid === process.pid && !(await accepts(path)))) directory.remove(path)
}

/** False only when there is certainly no such process. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path)
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.end())
  })
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `The control socket cannot be opened at ${path}: ${cause.message}`
      reject(new MillraceError('CLI_CONTROL_UNAVAILABLE', message, { origin: 'external', at: { file: path }, cause }))
    })
    server.listen(path, resolve)
  })
}

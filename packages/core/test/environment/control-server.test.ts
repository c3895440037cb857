import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listJobs, sendRequest } from '../../src/environment/control-client.ts'
import { controlDirectory, type ControlDirectory } from '../../src/environment/control-path.ts'
import { startControlServer, type ControlServer } from '../../src/environment/control-server.ts'
import { MillraceError } from '../../src/errors.ts'
import { scriptedJobClient } from './scripted-job-client.ts'

let folder: string
let directory: ControlDirectory
const open: ControlServer[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mr-'))
  directory = controlDirectory(join(folder, 'control'))
})

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()))
  rmSync(folder, { recursive: true })
})

async function serve(client = scriptedJobClient()): Promise<{ client: typeof client; server: ControlServer }> {
  const server = await startControlServer(client, directory, (error) => {
    throw error
  })
  open.push(server)
  return { client, server }
}

/** Sends raw lines and returns what comes back until the other side or we close. */
function raw(path: string, text: string, answers: number): Promise<string[]> {
  return new Promise((resolve) => {
    let received = ''
    const socket = createConnection(path)
    const finish = (): void => resolve(received.split('\n').filter((line) => line !== ''))
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      received += chunk
      if (received.split('\n').length > answers) socket.end()
    })
    socket.on('connect', () => socket.write(text)).on('close', finish).on('error', finish)
  })
}

test('status, metrics, savepoint, stop and cancel reach the job', async () => {
  const { client, server } = await serve()
  expect((await sendRequest(server.path, { command: 'status' })).jobName).toBe('flights')
  expect((await sendRequest(server.path, { command: 'metrics' }))[0]?.value).toBe(42)
  expect(await sendRequest(server.path, { command: 'savepoint', directory: '/sp' })).toBe('/sp/sp-1')
  expect(await sendRequest(server.path, { command: 'stop', savepoint: '/sp', drain: true })).toMatchObject({ state: 'stopped', savepoint: '/sp' })
  expect(await sendRequest(server.path, { command: 'cancel' })).toBeNull()
  expect(client.calls).toEqual(['savepoint /sp', 'stop {"savepoint":"/sp","drain":true}', 'cancel'])
})

test('only this user can open the socket, and it goes when the job ends', async () => {
  const { server } = await serve()
  expect(statSync(server.path).mode & 0o777).toBe(0o600)
  expect(statSync(join(folder, 'control')).mode & 0o777).toBe(0o700)
  await server.close()
  expect(readdirSync(join(folder, 'control'))).toEqual([])
})

test('what the job throws arrives with its code', async () => {
  const client = scriptedJobClient()
  client.savepoint = () => Promise.reject(new MillraceError('CKPT_TIMEOUT', 'too slow', { origin: 'external', retryable: true }))
  const { server } = await serve(client)
  await expect(sendRequest(server.path, { command: 'savepoint' })).rejects.toMatchObject({ code: 'CKPT_TIMEOUT', message: 'too slow', retryable: true })
})

test.each([
  ['nonsense', 'expected one JSON value a line'],
  ['42', 'expected {"command": …}'],
  ['{"command":"explode"}', 'found "explode"'],
  ['{"command":"savepoint","directory":1}', "expected 'directory' to be a path"],
  ['{"command":"stop","drain":"yes"}', "expected 'drain' to be true or false"],
])('the request %s is refused', async (line, message) => {
  const { server } = await serve()
  const [answer] = await raw(server.path, `${line}\n`, 1)
  expect(JSON.parse(answer ?? '')).toMatchObject({ ok: false, error: { code: 'CLI_BAD_REQUEST', message: expect.stringContaining(message) } })
})

test('several requests on one connection, in pieces, are answered in order', async () => {
  const { server } = await serve()
  const answers = await raw(server.path, '{"command":"status"}\n\n{"command":"bad"}\n{"command":"metrics"}\n', 3)
  expect(answers.map((line) => (JSON.parse(line) as { ok: boolean }).ok)).toEqual([true, false, true])
})

test('a line without end is cut off', async () => {
  const { server } = await serve()
  expect(await raw(server.path, 'x'.repeat(70_000), 1)).toEqual([])
})

test('closing waits for the answer of a stop, and for nobody else', async () => {
  const { client, server } = await serve()
  const released = Promise.withResolvers<void>()
  const stopped = client.stop.bind(client)
  const asked = Promise.withResolvers<void>()
  client.stop = async (options) => {
    asked.resolve()
    await released.promise
    return stopped(options)
  }
  createConnection(server.path).on('error', () => undefined) // an idle visitor
  const stop = sendRequest(server.path, { command: 'stop' })
  await asked.promise
  const closed = server.close()
  released.resolve()
  expect((await stop).state).toBe('stopped')
  await closed
})

test('jobs are listed; sockets of dead processes are removed', async () => {
  directory.prepare()
  const dead = join(folder, 'control', 'old-999999999.sock')
  writeFileSync(dead, '')
  expect(await listJobs({ directory })).toEqual([])
  expect(readdirSync(join(folder, 'control'))).toEqual([])
  writeFileSync(dead, '')
  writeFileSync(join(folder, 'control', `flights-${process.pid}.sock`), 'left by an earlier process with this id')
  const { server } = await serve()
  expect(readdirSync(join(folder, 'control'))).toHaveLength(1)
  expect(await listJobs({ directory })).toMatchObject([{ pid: process.pid, path: server.path, status: { jobName: 'flights' } }])
})

test('a job that does not answer is reported and does not hide the others', async () => {
  await serve()
  const socket = directory.pathFor('busy', process.ppid)
  const mute = createServer(() => {}).listen(socket)
  const silent: number[] = []
  try {
    expect(await listJobs({ directory, timeoutMs: 50, onSilent: (pid) => silent.push(pid) })).toHaveLength(1)
    expect(silent).toEqual([process.ppid])
  } finally {
    mute.close()
  }
})

test('nobody at the other end is an error that says so', async () => {
  await expect(sendRequest(join(folder, 'none.sock'), { command: 'status' })).rejects.toMatchObject({
    code: 'CLI_CONTROL_FAILED',
    message: expect.stringContaining('has probably ended'),
  })
})

test('any job name makes a path that fits a socket', () => {
  const path = directory.pathFor(`${'näme/..\\'.repeat(40)}`, 1)
  expect(Buffer.byteLength(path)).toBeLessThanOrEqual(103)
  expect(path).toMatch(/control\/n_me_n_me[\w]*-1\.sock$/)
  expect(() => controlDirectory(`/${'d'.repeat(120)}`).pathFor('j', 1)).toThrow(expect.objectContaining({ code: 'CLI_CONTROL_UNAVAILABLE' }))
})

test('a folder that is a file is refused', () => {
  writeFileSync(join(folder, 'taken'), '')
  expect(() => controlDirectory(join(folder, 'taken')).prepare()).toThrow()
})

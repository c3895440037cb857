import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

export interface ChildServer {
  stop(): Promise<void>
}

export interface ChildServerOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Answers as soon as the server can be used. */
  readonly readyUrl: string
  readonly timeoutMs: number
}

/** Starts a server and waits until it answers. It ends with `stop`, or with this process. */
export async function startChildServer({ command, args, environment, readyUrl, timeoutMs }: ChildServerOptions): Promise<ChildServer> {
  const child = spawn(command, args, { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = `${said}${text}`.slice(-4000)
    })
  }
  const failed = new Promise<never>((_, reject) => child.on('error', reject).on('exit', (code) => reject(new Error(`${command} ended with ${code}: ${said.trim()}`))))
  failed.catch(() => {}) // looked at only while it starts
  const endWithParent = (): void => void child.kill('SIGKILL')
  process.on('exit', endWithParent)
  const stop = async (): Promise<void> => {
    process.off('exit', endWithParent)
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  try {
    await Promise.race([failed, answers(readyUrl, timeoutMs)])
  } catch (error) {
    await stop()
    throw error
  }
  return { stop }
}

async function answers(url: string, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => undefined)
    if (response?.ok === true) return
    if (performance.now() > deadline) throw new Error(`${url} did not answer within ${timeoutMs} ms`)
    await delay(100)
  }
}

/** A port of the loopback interface that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

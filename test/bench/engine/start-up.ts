import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const REPOSITORY = new URL('../../../', import.meta.url)
/** A folder from which the packages resolve as they do for a user: to what was built. */
const FOLDER = fileURLToPath(new URL('test/', REPOSITORY))
const CLI = 'packages/cli/dist/bin.js'
const SETTLE_MS = 3_000

/** Milliseconds from starting a Node process with these arguments to its end. It must succeed. */
export async function wallMs(args: readonly string[]): Promise<number> {
  const start = performance.now()
  await run(process.execPath, args, { cwd: FOLDER })
  return performance.now() - start
}

/** Interleaved samples, so that a busy moment of the machine hits both. */
export async function inTurn(times: number, ours: () => Promise<number>, theirs: () => Promise<number>): Promise<{ ours: number[]; theirs: number[] }> {
  const samples = { ours: [] as number[], theirs: [] as number[] }
  for (let left = times; left > 0; left--) {
    samples.theirs.push(await theirs())
    samples.ours.push(await ours())
  }
  return samples
}

/** Arguments of Node that run a job of this folder with the built command, as `millrace run` does. */
export function cliArguments(job: string): readonly string[] {
  return [requireBuilt(CLI), 'run', fileURLToPath(new URL(job, import.meta.url))]
}

/** The path of a built file. */
export function requireBuilt(file: string): string {
  const path = fileURLToPath(new URL(file, REPOSITORY))
  if (!existsSync(path)) throw new Error(`start-up is measured on what is built, but ${file} is missing: run npm run build`)
  return path
}

/** Resident memory in MB of a process that has been left alone for some seconds; it must still be alive then. */
export async function idleMegabytes(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, args, { cwd: FOLDER, stdio: ['ignore', 'ignore', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  try {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
    if (child.exitCode !== null) throw new Error(`expected a process that idles, but it ended: ${complaint}`)
    const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(child.pid)])
    return Number(stdout) / 1024
  } finally {
    child.kill('SIGKILL')
    await exited
  }
}

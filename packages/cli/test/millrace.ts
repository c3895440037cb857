import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../src/bin.ts', import.meta.url))
// Shared by all runs, and not the one of whoever runs the tests.
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache', import.meta.url))
const PACKAGES = fileURLToPath(new URL('../../../node_modules/@millrace', import.meta.url))

/** A folder with files in it, where `@millrace/*` resolves to this repository. */
export function project(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'))
  linkPackages(folder)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

export function linkPackages(folder: string): void {
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(PACKAGES, join(folder, 'node_modules/@millrace'), 'junction')
}

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly process: ChildProcess
  readonly finished: Promise<Finished>
  /** Resolves when the standard output or error has contained this text. */
  until(text: string): Promise<void>
}

/** The real command from source, in a process of its own whose control sockets lie in `folder`. */
export function start(folder: string, ...args: readonly string[]): Running {
  return startNode(folder, BIN, ...args)
}

export function startNode(folder: string, ...args: readonly string[]): Running {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('MILLRACE_') && name !== 'NODE_OPTIONS'))
  const child = spawn(process.execPath, ['--conditions=@millrace/source', ...args], { cwd: folder, env: { ...env, TMPDIR: folder, XDG_CACHE_HOME: CACHE } })
  const output = { stdout: '', stderr: '' }
  const waiting: { readonly text: string; readonly resolve: () => void }[] = []
  const finished = Promise.withResolvers<Finished>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      output[name] += chunk
      for (const { text, resolve } of waiting) if (output[name].includes(text)) resolve()
    })
  }
  child.on('error', finished.reject).on('close', (code) => finished.resolve({ code, ...output }))
  return {
    process: child,
    finished: finished.promise,
    async until(text) {
      if (output.stdout.includes(text) || output.stderr.includes(text)) return
      const seen = new Promise<void>((resolve) => void waiting.push({ text, resolve }))
      const ended = finished.promise.then(({ code, stdout, stderr }) => {
        throw new Error(`ended with ${code} before it wrote '${text}':\n${stdout}${stderr}`)
      })
      await Promise.race([seen, ended])
    },
  }
}

export function millrace(folder: string, ...args: readonly string[]): Promise<Finished> {
  return start(folder, ...args).finished
}

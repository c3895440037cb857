import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Command } from '@millrace/core/cli'
import { MillraceError } from '@millrace/core/spi'

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/**
 * The commands of the packages that the project around `directory` depends on: a package that exports `./cli` exports
 * `commands` from it. Throws CLI_INVALID_EXTENSION for one that does not, or that cannot be loaded.
 */
export async function loadExtensionCommands(directory: string): Promise<readonly Command[]> {
  const manifestPath = nearestManifest(directory)
  if (manifestPath === undefined) return []
  const manifest = JSON.parse(readFileSync(manifestPath, 'utf8')) as Manifest
  const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }).filter((name) => name !== '@millrace/core')
  const require = createRequire(manifestPath)
  const commands = await Promise.all(
    names.map(async (name) => {
      const entry = resolveEntry(require, name)
      return entry === undefined ? [] : loadCommands(name, entry)
    }),
  )
  return commands.flat()
}

function nearestManifest(directory: string): string | undefined {
  for (let folder = directory; ; folder = dirname(folder)) {
    const path = join(folder, 'package.json')
    if (existsSync(path)) return path
    if (folder === dirname(folder)) return undefined
  }
}

/** Undefined for a package without this entry, and for one that is not installed: both simply have no commands. */
function resolveEntry(require: NodeJS.Require, name: string): string | undefined {
  try {
    return require.resolve(`${name}/cli`)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ERR_PACKAGE_PATH_NOT_EXPORTED' || code === 'MODULE_NOT_FOUND') return undefined
    throw invalid(name, 'its entry cannot be resolved', error)
  }
}

async function loadCommands(name: string, entry: string): Promise<readonly Command[]> {
  let module: Readonly<Record<string, unknown>>
  try {
    module = (await import(pathToFileURL(entry).href)) as Record<string, unknown>
  } catch (error) {
    throw invalid(name, 'loading it failed', error)
  }
  const commands = module['commands']
  // Any package may have a file or an entry of this name; only @millrace ones, and those that export commands, mean us.
  if (commands === undefined && !name.startsWith('@millrace/')) return []
  if (Array.isArray(commands) && commands.every(isCommand)) return commands
  throw invalid(name, "it does not export 'commands', a list of { name, summary, run }")
}

function isCommand(value: unknown): value is Command {
  return typeof value === 'object' && value !== null && 'name' in value && 'summary' in value && 'run' in value && typeof value.run === 'function'
}

function invalid(name: string, why: string, cause?: unknown): MillraceError {
  return new MillraceError('CLI_INVALID_EXTENSION', `The commands of ${name}/cli cannot be used: ${why}`, { origin: 'external', cause })
}

import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { MillraceError } from '../errors.ts'
import { problemOfSettings } from './check-settings.ts'
import type { MillraceConfig } from './define-config.ts'
import { importModule } from './import-module.ts'

const FILE_NAMES = ['millrace.config.ts', 'millrace.config.mts', 'millrace.config.js', 'millrace.config.mjs']

/** A configuration, and the URL of its module if there is one. */
export interface LoadedConfig {
  readonly config: MillraceConfig
  readonly url?: string
}

/**
 * The configuration of a project: of `explicitPath` if given, otherwise the nearest `millrace.config.ts` (or .mts, .js, .mjs)
 * in `directory` or above it; empty if there is none. Throws CLI_CONFIG_NOT_FOUND, and what `importConfig` throws.
 */
export async function loadConfig(directory: string, explicitPath?: string): Promise<MillraceConfig> {
  return (await locateConfig(directory, explicitPath)).config
}

/** The same, with the place it was found in. */
export async function locateConfig(directory: string, explicitPath?: string): Promise<LoadedConfig> {
  const file = explicitPath === undefined ? findConfig(directory) : resolve(directory, explicitPath)
  if (file === undefined) return { config: {} }
  if (!existsSync(file)) throw problem('CLI_CONFIG_NOT_FOUND', 'The configuration file does not exist; check --config and MILLRACE_CONFIG', file)
  const url = pathToFileURL(file)
  return { config: await importConfig(url), url: url.href }
}

/** The default export of a configuration module. Throws CLI_INVALID_CONFIG, or what `importModule` throws. */
export async function importConfig(url: URL): Promise<MillraceConfig> {
  const file = fileURLToPath(url)
  const config = (await importModule(url, 'the configuration'))['default']
  if (typeof config !== 'object' || config === null) {
    throw problem('CLI_INVALID_CONFIG', `Expected 'export default defineConfig({ … })', found ${config === undefined ? 'no default export' : typeof config}`, file)
  }
  const wrong = problemOfSettings(config)
  if (wrong !== undefined) throw problem('CLI_INVALID_CONFIG', wrong, file)
  return config
}

function findConfig(directory: string): string | undefined {
  for (let folder = resolve(directory); ; folder = dirname(folder)) {
    const found = FILE_NAMES.map((name) => join(folder, name)).find((path) => existsSync(path))
    if (found !== undefined || folder === dirname(folder)) return found
  }
}

function problem(code: string, message: string, file: string): MillraceError {
  return new MillraceError(code, message, { origin: 'user', at: { file } })
}

import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Job } from '../api/define-job.ts'
import { MillraceError } from '../errors.ts'
import { requireOptions } from './check-settings.ts'
import type { MillraceConfig } from './define-config.ts'
import { locateConfig, type LoadedConfig } from './load-config.ts'
import type { ParsedArguments } from './parse-arguments.ts'
import type { ProgramHost } from './program-host.ts'
import { readEnvironment, readFlags } from './run-flags.ts'
import type { RunOptions } from './run-options.ts'
import { mergeSettings, type RunSettings } from './run-settings.ts'

/** A job on a command line. */
export interface Program {
  /** Any job: its own schema checks the parameters, which arrive as text. */
  readonly job: Job<unknown>
  /** Of the job's module; the nearest millrace.config.ts is looked for from here upwards. */
  readonly moduleUrl: string
  /** What the user typed up to the flags, such as `millrace run job.ts`. */
  readonly command: string
  /** Settings in code: the weakest. */
  readonly defaults?: RunOptions
}

export interface ReadSettings {
  readonly settings: RunSettings
  readonly warnings: readonly string[]
  /** The configuration that went into them. */
  readonly located: LoadedConfig
}

/** Settings from flags, environment, configuration file and code, in this order of precedence. Throws CLI_INVALID_ARGUMENT, CORE_INVALID_OPTION and what `loadConfig` throws. */
export async function readSettings(program: Program, flags: ParsedArguments['flags'], host: ProgramHost): Promise<ReadSettings> {
  const environment = readEnvironment(host.env)
  const fromFlags = readFlags(flags, 'flag')
  const fromEnvironment = readFlags(environment.flags, 'variable')
  const configPath = flags.get('config')?.[0] ?? environment.flags.get('config')?.[0]
  const located = await locateConfig(configPath === undefined ? dirname(fileURLToPath(program.moduleUrl)) : host.directory, configPath)
  requireOptions(program.defaults ?? {})
  const layers: readonly MillraceConfig[] = [fromFlags, fromEnvironment, located.config, program.defaults ?? {}]
  return { settings: mergeSettings(layers), warnings: environment.warnings, located }
}

/** The same job, which says what failed and in which module when its `build` throws something of the user's. */
export function namingBuildErrors({ job, moduleUrl }: Program): Job<unknown> {
  return {
    ...job,
    build(env, params) {
      try {
        return job.build(env, params)
      } catch (error) {
        const options = { origin: 'user', at: { file: fileURLToPath(moduleUrl) } } as const
        throw MillraceError.wrap(error, 'CLI_BUILD_FAILED', `The build function of the job '${job.name}' threw`, options)
      }
    },
  }
}

import type { MillraceConfig } from './define-config.ts'
import type { LogLevel } from './logger.ts'
import type { RunOptions } from './run-options.ts'

/** Everything that decides how one run goes, after all sources of settings have been merged. */
export interface RunSettings {
  readonly options: RunOptions
  /** As text; the job's schema has not seen them yet. */
  readonly params: Readonly<Record<string, string>>
  readonly metricsPort?: number
  readonly logLevel: LogLevel
}

/**
 * Merges settings, the strongest first (flags, environment, config file, code). Checkpoint options and parameters merge one
 * by one; file systems add up, the stronger winning for a scheme that both name; everything else is taken whole.
 */
export function mergeSettings(strongestFirst: readonly MillraceConfig[]): RunSettings {
  const weakestFirst = strongestFirst.toReversed()
  const merged = Object.assign({}, ...weakestFirst, {
    checkpoints: Object.assign({}, ...weakestFirst.map((layer) => layer.checkpoints ?? {})),
    params: Object.fromEntries(weakestFirst.flatMap((layer) => Object.entries(layer.params ?? {}))),
    fileSystems: weakestFirst.flatMap((layer) => layer.fileSystems ?? []),
  }) as MillraceConfig
  const { params = {}, checkpoints = {}, metricsPort, logLevel = 'info', ...options } = merged
  return {
    // An empty object would mean checkpoints with defaults.
    options: Object.keys(checkpoints).length === 0 ? options : { ...options, checkpoints },
    params,
    logLevel,
    ...(metricsPort === undefined ? {} : { metricsPort }),
  }
}

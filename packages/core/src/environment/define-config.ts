import type { LogLevel } from './logger.ts'
import type { RunOptions } from './run-options.ts'

/**
 * The default export of `millrace.config.ts`: how the jobs of a project are run. A flag or a `MILLRACE_*` variable wins over
 * it; it wins over what the code passes to `runMain`.
 */
export interface MillraceConfig extends Omit<RunOptions, 'signal'> {
  /** Job parameters as text, as on the command line; each is overridden by `--param` of the same name. */
  readonly params?: Readonly<Record<string, string>>
  /** Port of /metrics and /health on the loopback interface; 0 takes a free one. Absent: none is opened. */
  readonly metricsPort?: number
  /** Of the default logger; has no effect on `logger`. */
  readonly logLevel?: LogLevel
}

/** Gives a configuration its type: `export default defineConfig({ parallelism: 2 })`. */
export function defineConfig(config: MillraceConfig): MillraceConfig {
  return config
}

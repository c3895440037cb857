import type { ProgramHost } from './program-host.ts'

/**
 * One command of `millrace`. A package adds commands by exporting `commands: readonly Command[]` from its entry `./cli`;
 * they are found when the package is a dependency of the user's project.
 */
export interface Command {
  /** What the user types after `millrace`. */
  readonly name: string
  /** One line for `millrace --help`. */
  readonly summary: string
  /** `host.argv` is what follows the name. Returns the exit code; errors may be thrown and are printed. */
  run(host: ProgramHost): Promise<number>
}

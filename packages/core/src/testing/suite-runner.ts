/** What a running case is given. Both vitest and node:test pass an object with it. */
export interface CaseContext {
  /** Marks the case as skipped, with the reason in the report. Return right after it: only some runners abort the case. */
  skip(reason?: string): void
}

/**
 * The test runner that a conformance suite registers its cases with: `{ describe, test }` of vitest or of node:test.
 * Suites use node:assert and nothing of a runner, so they work under both.
 */
export interface SuiteRunner {
  describe?(name: string, body: () => void): unknown
  test(name: string, body: (context: CaseContext) => void | Promise<void>): unknown
}

/** Registers `body`'s cases under `name` where the runner can group. */
export function suite(runner: SuiteRunner, name: string, body: (test: SuiteRunner['test']) => void): void {
  if (runner.describe === undefined) body((title, run) => runner.test(`${name}: ${title}`, run))
  else runner.describe(name, () => body((title, run) => runner.test(title, run)))
}

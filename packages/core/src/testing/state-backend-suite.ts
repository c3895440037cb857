import type { StateBackend } from '../spi/state-backend.ts'
import type { BackendCase } from './state-backend/backend-case.ts'
import { withBackends } from './state-backend/backend-fixture.ts'
import type { BackendFixture } from './state-backend/backend-fixture.ts'
import { evolutionCases } from './state-backend/evolution-cases.ts'
import { incrementalCases } from './state-backend/incremental-cases.ts'
import { mapCases } from './state-backend/map-cases.ts'
import { RandomProgram } from './state-backend/random-program.ts'
import { seededRandom } from './state-backend/seeded-random.ts'
import { restoreCases } from './state-backend/restore-cases.ts'
import { snapshotCases } from './state-backend/snapshot-cases.ts'
import { tableCases } from './state-backend/table-cases.ts'
import { timerCases } from './state-backend/timer-cases.ts'
import { ttlCases } from './state-backend/ttl-cases.ts'
import { userStateCases } from './state-backend/user-state-cases.ts'
import { suite } from './suite-runner.ts'
import type { SuiteRunner } from './suite-runner.ts'

const PROGRAMS = 40
const PROGRAM_STEPS = 400

/**
 * What every StateBackend must do: the behaviours of Flink's StateBackendTestBase that apply here, and random programs
 * against plain maps with snapshots at random points. `create` is called for every backend opened.
 */
export function stateBackendSuite(runner: SuiteRunner, create: () => StateBackend): void {
  suite(runner, 'state backend', (test) => {
    const on: BackendCase = (name, body) => {
      test(name, () => withBackends(create, body))
    }
    for (const cases of [tableCases, mapCases, timerCases, snapshotCases, restoreCases, evolutionCases, userStateCases, ttlCases]) cases(on)
    const inPrograms = async (fixture: BackendFixture, incremental: boolean): Promise<void> => {
      for (let seed = 1; seed <= PROGRAMS; seed++) {
        const program = new RandomProgram(seededRandom(seed), fixture, await fixture.open({ incremental }), incremental)
        await program.run(PROGRAM_STEPS)
      }
    }
    on('behaves as plain maps do, in random programs with snapshots at random points', (fixture) => inPrograms(fixture, false))
    const { incremental } = create().capabilities
    if (!incremental) return
    incrementalCases(on)
    on('snapshots of changes, merged with what they build on, hold what plain maps did, some of them given up', (fixture) => inPrograms(fixture, true))
  })
}

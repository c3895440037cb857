import type { BackendFixture } from './backend-fixture.ts'

/** Registers one case, which opens its backends through the fixture. */
export type BackendCase = (name: string, body: (fixture: BackendFixture) => Promise<void>) => void

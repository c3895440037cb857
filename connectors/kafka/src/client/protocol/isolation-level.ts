import type { Isolation } from '../isolation.ts'

export function isolationLevel(isolation: Isolation): number {
  return isolation === 'read_committed' ? 1 : 0
}

import type { ProgramHost } from '@millrace/core/cli'

/** `millrace savepoint inspect …`, `millrace savepoint diff …`; all else means a running job. */
export async function savepoint(host: ProgramHost): Promise<number> {
  const [name, ...argv] = host.argv
  if (name === 'inspect') return (await import('./savepoint-inspect.ts')).inspectSavepoint({ ...host, argv })
  if (name === 'diff') return (await import('./savepoint-diff.ts')).compareSavepoint({ ...host, argv })
  return (await import('./control.ts')).savepoint(host)
}

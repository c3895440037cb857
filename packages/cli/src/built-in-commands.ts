import type { Command } from '@millrace/core/cli'

/** Each is loaded when it is called: starting must cost nothing that the command does not need. */
export const BUILT_IN_COMMANDS: readonly Command[] = [
  { name: 'run', summary: 'Run a job until it ends: millrace run job.ts', run: async (host) => (await import('./commands/run.ts')).run(host) },
  { name: 'explain', summary: 'Show how a job would be executed', run: async (host) => (await import('./commands/explain.ts')).explain(host) },
  { name: 'init', summary: 'Write a small working project', run: async (host) => (await import('./commands/init.ts')).init(host) },
  { name: 'schema', summary: 'Print the type of the records of a file as TypeScript', run: async (host) => (await import('./schema.ts')).schema(host) },
  { name: 'status', summary: 'Show the jobs that run on this machine', run: async (host) => (await import('./commands/control.ts')).status(host) },
  { name: 'savepoint', summary: 'Take a savepoint of a running job; inspect one, or diff it with a job', run: async (host) => (await import('./commands/savepoint.ts')).savepoint(host) },
  { name: 'stop', summary: 'Stop a running job gracefully', run: async (host) => (await import('./commands/control.ts')).stop(host) },
  { name: 'cancel', summary: 'End a running job at once', run: async (host) => (await import('./commands/control.ts')).cancel(host) },
]

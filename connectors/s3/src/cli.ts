import type { Command, ProgramHost } from '@millrace/core/cli'

/** What `millrace` offers in projects that depend on this package. */
export const commands: readonly Command[] = [
  {
    name: 's3',
    summary: 'Find and remove what killed jobs have left in object storage',
    // commands are loaded with every start of `millrace`, their code only when it is needed
    run: async (host: ProgramHost) => (await import('./cleanup/cleanup-command.ts')).runS3Command(host),
  },
]

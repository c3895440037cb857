import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeFlags, HELP_FLAG, invalidArgument, parseArguments, type ProgramHost } from '@millrace/core/cli'
import { MillraceError } from '@millrace/core/spi'

/** `millrace init [dir]`: writes the project of `template/`, named after its folder, into an empty or new one. */
export async function init(host: ProgramHost): Promise<number> {
  const { flags, positionals } = parseArguments(host.argv, [HELP_FLAG], 'millrace init')
  if (flags.has(HELP_FLAG.name)) {
    host.stdout.write(`Writes a small working project: a job, its test and sample data.\n\nUsage: millrace init [directory] [flags]\n\n${describeFlags([HELP_FLAG])}`)
    return 0
  }
  if (positionals.length > 1) throw invalidArgument(`millrace init expects one directory, found ${positionals.join(' ')}`)
  const target = resolve(host.directory, positionals[0] ?? '.')
  requireEmpty(target)
  mkdirSync(target, { recursive: true })
  cpSync(fileURLToPath(new URL('../../template', import.meta.url)), target, { recursive: true })
  // npm neither publishes a .gitignore under its own name nor keeps a package.json of another package intact.
  renameSync(join(target, 'gitignore'), join(target, '.gitignore'))
  renameSync(join(target, 'package.template.json'), join(target, 'package.json'))
  const manifestPath = join(target, 'package.json')
  writeFileSync(manifestPath, readFileSync(manifestPath, 'utf8').replace('PROJECT_NAME', packageName(target)))
  const folder = relative(host.directory, target)
  host.stdout.write(`Wrote a project to ${folder === '' ? 'this directory' : folder}. Next:\n\n${folder === '' ? '' : `  cd ${folder}\n`}  npm install\n  npm start\n  npm test\n`)
  return 0
}

/** Nothing of the user's is overwritten; a repository that was just created does not count. */
function requireEmpty(target: string): void {
  const found = existsSync(target) ? readdirSync(target).filter((name) => name !== '.git') : []
  if (found.length === 0) return
  const message = `millrace init writes into an empty directory, found ${found.slice(0, 3).join(', ')}${found.length > 3 ? ' and more' : ''}. Name another: millrace init my-job`
  throw new MillraceError('CLI_DIRECTORY_NOT_EMPTY', message, { origin: 'user', at: { file: target } })
}

function packageName(target: string): string {
  return basename(target).toLowerCase().replace(/[^a-z0-9-]+/g, '-').replace(/^-+|-+$/g, '') || 'millrace-job'
}

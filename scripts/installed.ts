import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/**
 * Uses the packages as a user gets them: packed by npm, installed into empty projects outside this repository. Each is imported beside
 * core alone, so that nothing it forgot to declare is found; all together are type-checked with the checks of their own declarations on;
 * the project of `millrace init` is started, in one thread and in workers, and tested. Needs a build.
 */
interface Manifest {
  readonly name: string
  readonly version: string
  readonly exports: Readonly<Record<string, unknown>>
}

interface Packed {
  readonly manifest: Manifest
  readonly tarball: string
}

const folder = mkdtempSync(join(tmpdir(), 'millrace-installed-'))
const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { devDependencies: { typescript: string; '@types/node': string } }
const tools = { typescript: devDependencies.typescript, '@types/node': devDependencies['@types/node'] }

function run(directory: string, command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: directory, encoding: 'utf8', maxBuffer: 1 << 26 })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status} in ${directory}\n${stdout}\n${stderr}`)
  return stdout
}

function pack(manifestPath: string): Packed {
  const manifest = JSON.parse(readFileSync(manifestPath, 'utf8')) as Manifest
  const [packed] = JSON.parse(run(dirname(manifestPath), 'npm', 'pack', '--json', '--pack-destination', folder)) as readonly [{ readonly filename: string }]
  return { manifest, tarball: join(folder, packed.filename) }
}

function project(name: string, dependencies: Readonly<Record<string, string>>): string {
  const directory = join(folder, name)
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }))
  install(directory)
  return directory
}

function install(directory: string): void {
  run(directory, 'npm', 'install', '--silent', '--no-audit', '--no-fund', '--prefer-offline')
}

const files = (packages: readonly Packed[]): Record<string, string> => Object.fromEntries(packages.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]))
const entries = ({ manifest }: Packed): readonly string[] => Object.keys(manifest.exports).map((path) => join(manifest.name, path))

try {
  const packages = globSync('{packages,connectors,formats,statebackends}/*/package.json').toSorted().map(pack)
  const core = packages.filter(({ manifest }) => manifest.name === '@millrace/core')

  for (const each of packages) {
    const directory = project(each.manifest.name.replace('/', '-'), files([...core, each]))
    writeFileSync(join(directory, 'all.ts'), entries(each).map((entry) => `if (Object.keys(await import('${entry}')).length === 0) throw new Error('${entry} exports nothing')\n`).join(''))
    run(directory, process.execPath, 'all.ts')
    console.log(`${each.manifest.name}: installed beside core alone, ${entries(each).join(', ')} imported`)
  }

  const all = project('all', { ...files(packages), ...tools })
  writeFileSync(join(all, 'all.ts'), packages.flatMap(entries).map((entry, at) => `export * as entry${at} from '${entry}'\n`).join(''))
  for (const [module, moduleResolution] of [['nodenext', 'nodenext'], ['esnext', 'bundler']] as const) {
    run(all, 'npx', 'tsc', '--noEmit', '--strict', '--target', 'esnext', '--module', module, '--moduleResolution', moduleResolution, '--types', 'node', 'all.ts')
    console.log(`all packages: type-checked by a user with moduleResolution ${moduleResolution}`)
  }

  run(all, 'npx', 'millrace', 'init', 'my-job')
  const fresh = join(all, 'my-job')
  const manifest = JSON.parse(readFileSync(join(fresh, 'package.json'), 'utf8')) as { dependencies: Record<string, string> }
  for (const name of Object.keys(manifest.dependencies)) {
    const tarball = files(packages)[name]
    if (tarball !== undefined) manifest.dependencies[name] = tarball
  }
  writeFileSync(join(fresh, 'package.json'), JSON.stringify(manifest))
  install(fresh)
  for (const flags of [[], ['--', '--parallelism', '2', '--workers', '2']]) {
    const started = run(fresh, 'npm', 'start', '--silent', ...flags)
    if (!started.includes('meanCelsius')) throw new Error(`the project of millrace init printed no result, but: ${started}`)
  }
  run(fresh, 'npm', 'test', '--silent')
  console.log('millrace init: the new project starts, in one thread and in workers, and passes its test')
} finally {
  rmSync(folder, { recursive: true, force: true })
}

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fileViolations, leafViolations, readSources } from '../packages/core/test/architecture-rules.ts'

const root = join(import.meta.dirname, '..')
const SOURCE_IMPORTS = ['@millrace/core', '@millrace/core/spi', '@millrace/core/cli']
const TEST_IMPORTS = [...SOURCE_IMPORTS, '@millrace/core/testing']

interface Manifest {
  readonly name: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const folders = ['connectors', 'formats', 'statebackends'].flatMap((group) => readdirSync(join(root, group)).map((name) => `${group}/${name}`))
const rootManifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly devDependencies: Readonly<Record<string, string>> }

describe.each(folders)('%s', (folder) => {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest & { readonly devDependencies?: Readonly<Record<string, string>> }
  const sources = readSources(join(root, folder, 'src'))
  const dependencies = Object.keys(manifest.dependencies ?? {})

  test('has core as a peer', () => expect(Object.keys(manifest.peerDependencies ?? {})).toContain('@millrace/core'))
  test('imports nothing but core, its SPI and its own dependencies', () => expect(leafViolations(folder, sources, SOURCE_IMPORTS, dependencies)).toEqual([]))
  test('keeps its files small and named', () => expect(fileViolations(sources)).toEqual([]))
  test('imports only core and test tools in its tests', () => {
    const packages = [...dependencies, ...Object.keys(manifest.devDependencies ?? {}), ...Object.keys(rootManifest.devDependencies)]
    // tests reach for ../src, so their paths start at the package
    const tests = readSources(join(root, folder)).filter(({ path }) => path.startsWith('test/'))
    expect(leafViolations(folder, tests, [...TEST_IMPORTS, manifest.name], packages)).toEqual([])
  })
})

describe('planted violations are found', () => {
  const violations = (text: string): readonly string[] => leafViolations('formats/planted', [{ path: 'src/planted.ts', text }], SOURCE_IMPORTS, ['hyparquet'])

  test.each([
    ['another leaf', "import { csv } from '@millrace/format-csv'"],
    ['a type of another leaf', "import type { X } from '@millrace/connector-file'"],
    ['the inside of core', "import { x } from '@millrace/core/src/graph/job-graph.ts'"],
    ['core by path', "import { x } from '../../../packages/core/src/errors.ts'"],
    ['the testing entry in a source', "import { x } from '@millrace/core/testing'"],
    ['an undeclared package', "import { x } from 'papaparse'"],
  ])('%s', (_name, text) => expect(violations(text)).toHaveLength(1))

  test('what is allowed is not reported', () => {
    expect(violations("import { x } from '@millrace/core/spi'\nimport { y } from 'hyparquet'\nimport { z } from 'node:fs'\nimport { w } from './other.ts'")).toEqual([])
  })
})

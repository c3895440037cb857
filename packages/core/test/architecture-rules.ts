import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'

export interface SourceFile {
  /** Path from the folder that is checked, with forward slashes. */
  readonly path: string
  readonly text: string
}

export interface Import {
  readonly specifier: string
  readonly typeOnly: boolean
  readonly dynamic: boolean
}

/** All TypeScript files below a folder. */
export function readSources(folder: string): readonly SourceFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: relative(folder, file).replaceAll('\\', '/'), text: readFileSync(file, 'utf8') }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

const STATIC = /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[\w*{][^'"`;]*?\bfrom\s*)?['"]([^'"]+)['"]/g
const DYNAMIC = /\bimport\s*\(\s*['"]([^'"]+)['"]/g

/** What a file imports or re-exports, type imports and dynamic imports included. */
export function importsOf({ text }: Pick<SourceFile, 'text'>): readonly Import[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1')
  return [
    ...[...code.matchAll(STATIC)].map(([, type, specifier]) => ({ specifier: specifier as string, typeOnly: type !== undefined, dynamic: false })),
    ...[...code.matchAll(DYNAMIC)].map(([, specifier]) => ({ specifier: specifier as string, typeOnly: false, dynamic: true })),
  ]
}

/** What each layer may import besides itself. A file belongs to the layer with the longest path that it starts with. */
export type Layers = Readonly<Record<string, readonly string[]>>

export interface Exception {
  readonly from: RegExp
  readonly to: string
  readonly only: 'type' | 'dynamic'
}

/** One line for each import that points to a layer the file's own may not know, or to none. */
export function layerViolations(files: readonly SourceFile[], layers: Layers, exceptions: readonly Exception[] = []): readonly string[] {
  const layerOf = (path: string): string | undefined =>
    Object.keys(layers)
      .filter((layer) => path === layer || path.startsWith(`${layer}/`))
      .toSorted((a, b) => b.length - a.length)[0]
  return files.flatMap((file) => {
    const from = layerOf(file.path)
    if (from === undefined) return [`${file.path} is in no layer`]
    return importsOf(file).flatMap(({ specifier, typeOnly, dynamic }) => {
      if (!specifier.startsWith('.')) return []
      const target = posix.normalize(posix.join(dirname(file.path), specifier))
      const to = layerOf(target)
      if (to === from || (to !== undefined && layers[from]?.includes(to))) return []
      const excepted = exceptions.some((exception) => exception.from.test(file.path) && exception.to === target && (exception.only === 'type' ? typeOnly : dynamic))
      return excepted ? [] : [`${file.path} (${from}) imports ${target} (${to ?? 'no layer'})`]
    })
  })
}

/** All files that importing `entry` loads: through imports of values, however far. */
export function loadedBy(entry: string, files: readonly SourceFile[]): readonly string[] {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const loaded = new Set<string>()
  const load = (path: string): void => {
    const file = byPath.get(path)
    if (file === undefined || loaded.has(path)) return
    loaded.add(path)
    for (const { specifier, typeOnly, dynamic } of importsOf(file)) {
      if (specifier.startsWith('.') && !typeOnly && !dynamic) load(posix.normalize(posix.join(dirname(path), specifier)))
    }
  }
  load(entry)
  return [...loaded]
}

const MAX_LINES = 400

/** One line for each file that breaks a rule about files: length, default exports, catch-all names. */
export function fileViolations(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.split('\n').length - 1
    return [
      ...(lines > MAX_LINES ? [`${path} has ${lines} lines, ${MAX_LINES} are allowed`] : []),
      ...(/^export\s+default\b|^export\s*\{[^}]*\bas\s+default\b/m.test(text) ? [`${path} has a default export`] : []),
      ...(/(?:^|\/)(?:utils?|helpers?|common|misc)\.ts$/.test(path) ? [`${path} has a name that says nothing`] : []),
    ]
  })
}

/** One line for each import of a leaf package that it may not have. */
export function leafViolations(packageName: string, files: readonly SourceFile[], allowed: readonly string[], dependencies: readonly string[]): readonly string[] {
  return files.flatMap((file) =>
    importsOf(file).flatMap(({ specifier }) => {
      if (specifier.startsWith('.')) {
        return posix.normalize(posix.join(dirname(file.path), specifier)).startsWith('..') ? [`${packageName}/${file.path} reaches outside its package: ${specifier}`] : []
      }
      if (specifier.startsWith('node:') || specifier.startsWith('#') || allowed.includes(specifier)) return []
      const name = specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
      if (name.startsWith('@millrace/')) return [`${packageName}/${file.path} imports ${specifier}`]
      return dependencies.includes(name) ? [] : [`${packageName}/${file.path} imports ${name}, which its package.json does not name`]
    }),
  )
}

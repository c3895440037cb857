import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url))

export interface CodeInSource {
  readonly origins: Set<string>
  readonly retryable: Set<boolean>
}

/** Every error code in the sources of the packages, with what can be read off the places that create the error. */
export function errorCodesInSources(): ReadonlyMap<string, CodeInSource> {
  const sources = sourceFiles().map((file) => readFileSync(file, 'utf8'))
  const created = sources.flatMap(createdErrors)
  const prefixes = [...new Set(created.map(({ code }) => code.slice(0, code.indexOf('_'))))]
  const codes = new Map<string, CodeInSource>()
  const codeOf = (code: string): CodeInSource => {
    const known = codes.get(code) ?? { origins: new Set(), retryable: new Set() }
    codes.set(code, known)
    return known
  }
  // Codes of bad records and those that pass through helpers are plain strings somewhere.
  const literal = new RegExp(`'((?:${prefixes.join('|')})_[A-Z][A-Z0-9_]+)'`, 'g')
  for (const source of sources) for (const [, code = ''] of source.matchAll(literal)) codeOf(code)
  for (const { code, options } of created) {
    const origin = /\borigin: '(\w+)'/.exec(options)?.[1]
    if (origin === undefined) continue
    codeOf(code).origins.add(origin)
    if (!/\bretryable: (?!true|false)/.test(options)) codeOf(code).retryable.add(options.includes('retryable: true'))
  }
  return codes
}

function sourceFiles(): readonly string[] {
  return ['packages', 'connectors', 'formats', 'statebackends'].flatMap((group) =>
    readdirSync(`${ROOT}${group}`).flatMap((name) => typeScriptBelow(`${ROOT}${group}/${name}/src`)),
  )
}

function typeScriptBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${directory}/${name}`)
}

/** The code and the other arguments of each `new MillraceError(…)` and `MillraceError.wrap(…)`. */
function createdErrors(source: string): readonly { readonly code: string; readonly options: string }[] {
  return [...source.matchAll(/MillraceError(?:\.wrap)?\(/g)].flatMap(({ 0: call, index }) => {
    const start = index + call.length
    const text = source.slice(start, closingParenthesis(source, start))
    const code = /'([A-Z][A-Z0-9]*_[A-Z0-9_]+)'/.exec(text)?.[1]
    return code === undefined ? [] : [{ code, options: text }]
  })
}

function closingParenthesis(source: string, start: number): number {
  let depth = 1
  for (let index = start; index < source.length; index++) {
    if (source[index] === '(') depth++
    else if (source[index] === ')' && --depth === 0) return index
  }
  return source.length
}

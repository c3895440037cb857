import { MillraceError } from '@millrace/core/spi'

/** A path with wildcards, cut where they begin: what has to be listed, and which of the names found are meant. */
export interface PathPattern {
  /** The directory or prefix before the first segment with a wildcard; `.` when there is none. */
  readonly root: string
  /** Whether files in directories below `root` can match. */
  readonly recursive: boolean
  /** Judges a path relative to `root`, with `/` between its segments. */
  readonly matches: (relative: string) => boolean
}

const WILDCARD = /[*?[{]/

export function hasWildcard(path: string): boolean {
  return WILDCARD.test(path)
}

/**
 * Parses a glob: `*` and `?` within a segment, `**` for any number of segments, `[a-z]` and `[!a-z]`, `{csv,json}`.
 * A wildcard at the start of a segment passes over names that begin with `.` or `_` unless `includeHidden`; a name that
 * is written out always counts, as in a shell. `[*]` stands for a literal star. Throws FILE_BAD_PATTERN.
 */
export function parsePattern(path: string, includeHidden: boolean): PathPattern {
  const cut = path.lastIndexOf('/', path.search(WILDCARD))
  const glob = path.slice(cut + 1)
  const expression = toRegExp(path, glob, includeHidden)
  return {
    root: cut === 0 ? '/' : cut < 0 ? '.' : path.slice(0, cut),
    recursive: glob.includes('/') || glob.includes('**'),
    matches: (relative) => expression.test(relative),
  }
}

/** All files below a directory. */
export function everythingBelow(root: string, includeHidden: boolean): PathPattern {
  return { ...parsePattern('**', includeHidden), root }
}

function toRegExp(path: string, glob: string, includeHidden: boolean): RegExp {
  const notHidden = includeHidden ? '' : '(?![._])'
  const segment = `${notHidden}[^/]+`
  const groups: boolean[] = [] // per open brace: did it begin at the start of a segment?
  let source = ''
  let atStart = true
  for (let i = 0; i < glob.length; i++) {
    const char = glob[i] as string
    const guard = atStart ? notHidden : ''
    const startsGroup: boolean = atStart
    atStart = char === '/'
    if (char === '*' && glob[i + 1] === '*') {
      const deep: boolean = startsGroup && glob[i + 2] === '/'
      source += deep ? `(?:${segment}/)*` : `(?:${segment}/)*${guard}[^/]*`
      i += deep ? 2 : 1
      atStart = deep
    } else if (char === '*') source += `${guard}[^/]*`
    else if (char === '?') source += `${guard}[^/]`
    else if (char === '[') {
      const end = glob.indexOf(']', i + 2)
      if (end < 0) throw badPattern(path, `the [ at character ${path.length - glob.length + i + 1} is not closed`)
      source += `${guard}${characterClass(glob.slice(i + 1, end))}`
      i = end
    } else if (char === '{') {
      groups.push(startsGroup)
      atStart = startsGroup
      source += '(?:'
    } else if (char === '}' && groups.length > 0) {
      groups.pop()
      source += ')'
    } else if (char === ',' && groups.length > 0) {
      atStart = groups.at(-1) as boolean
      source += '|'
    } else source += char.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')
  }
  if (groups.length > 0) throw badPattern(path, 'a { is not closed')
  try {
    return new RegExp(`^${source}$`, 'u')
  } catch (cause) {
    throw badPattern(path, 'a range between [ and ] runs backwards', cause)
  }
}

function characterClass(content: string): string {
  const negated = content.startsWith('!') || content.startsWith('^')
  const members = (negated ? content.slice(1) : content).replace(/[\\[\]^]/g, '\\$&')
  return negated ? `[^/${members}]` : `(?!/)[${members}]`
}

function badPattern(path: string, found: string, cause?: unknown): MillraceError {
  return new MillraceError('FILE_BAD_PATTERN', `Cannot use ${path} as a pattern: ${found}. Write [*] for a literal *, [{] for a literal {`, {
    origin: 'user',
    cause,
  })
}

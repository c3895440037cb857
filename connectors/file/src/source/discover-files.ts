import type { FileStatus, FileSystem, FileSystems } from '@millrace/core/spi'
import { everythingBelow, hasWildcard, parsePattern } from './path-pattern.ts'
import type { PathPattern } from './path-pattern.ts'

export interface Discovery {
  /** Each file once, in the order of the given paths and sorted by path within each. */
  readonly files: readonly FileStatus[]
  /** The given paths that nothing matches. */
  readonly unmatched: readonly string[]
}

/** Lists the files that `paths` stand for. What exists under exactly the given name wins over its meaning as a pattern. */
export async function discoverFiles(
  fileSystems: FileSystems,
  paths: readonly string[],
  options: { readonly includeHidden: boolean; readonly signal: AbortSignal },
): Promise<Discovery> {
  const files = new Map<string, FileStatus>()
  const unmatched: string[] = []
  for (const path of paths) {
    const found = await filesOf(fileSystems.forPath(path), path, options)
    if (found.length === 0) unmatched.push(path)
    for (const file of found) if (!files.has(file.path)) files.set(file.path, file)
  }
  return { files: [...files.values()], unmatched }
}

async function filesOf(
  fileSystem: FileSystem,
  path: string,
  { includeHidden, signal }: { readonly includeHidden: boolean; readonly signal: AbortSignal },
): Promise<readonly FileStatus[]> {
  const exact = await fileSystem.status(path)
  if (exact !== undefined && !exact.isDirectory) return [exact]
  // A prefix of an object store has no status of its own, so a plain name that does not exist is listed too.
  const isPattern = exact === undefined && hasWildcard(path)
  const pattern = isPattern ? parsePattern(path, includeHidden) : everythingBelow(path, includeHidden)
  return matchingFiles(fileSystem, pattern, signal)
}

async function matchingFiles(fileSystem: FileSystem, pattern: PathPattern, signal: AbortSignal): Promise<readonly FileStatus[]> {
  // Listings give full paths (absolute, or URLs); the root as the user wrote it may be relative.
  const root = (await fileSystem.status(pattern.root))?.path ?? pattern.root
  const prefix = root.endsWith('/') ? root : `${root}/`
  const files: FileStatus[] = []
  for await (const file of fileSystem.list(pattern.root, { recursive: pattern.recursive, signal })) {
    if (!file.isDirectory && file.path.startsWith(prefix) && pattern.matches(file.path.slice(prefix.length))) files.push(file)
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1))
}

import { MillraceError } from '@millrace/core/spi'
import type { FileStatus, SplitEnumerator, SplitEnumeratorContext } from '@millrace/core/spi'
import { discoverFiles } from './discover-files.ts'
import { planSplits } from './plan-splits.ts'
import type { SplitPlanning } from './plan-splits.ts'
import type { FileSplit } from './file-split.ts'

export interface FileDiscovery extends SplitPlanning {
  readonly paths: readonly string[]
  readonly includeHidden: boolean
  /** List again this often, for ever; undefined: list once. */
  readonly monitorEveryMs: number | undefined
}

export interface FileEnumeratorState {
  readonly nextId: number
  /** Not yet assigned, in order. */
  readonly splits: readonly FileSplit[]
  /** Path and modification time of every file that was cut into splits and still exists. */
  readonly seen: readonly (readonly [path: string, modifiedMs: number])[]
}

/** Lists files, cuts them into splits and hands these out in order, one per request: fast readers get more. */
export function fileEnumerator(
  discovery: FileDiscovery,
  context: SplitEnumeratorContext<FileSplit>,
  restored: FileEnumeratorState | undefined,
): SplitEnumerator<FileSplit, FileEnumeratorState> {
  const { paths, monitorEveryMs } = discovery
  const continuous = monitorEveryMs !== undefined
  let splits = [...(restored?.splits ?? [])]
  let nextId = restored?.nextId ?? 0
  const seen = new Map(restored?.seen ?? [])
  const warned = new Set<string>()
  let waiting: number[] = []

  const serve = (subtask: number): void => {
    const split = splits.shift()
    if (split !== undefined) context.assignSplits(subtask, [split])
    else if (continuous) waiting.push(subtask)
    else context.signalNoMoreSplits(subtask)
  }
  const serveWaiting = (): void => {
    const asking = waiting
    waiting = []
    for (const subtask of asking) serve(subtask)
  }

  async function discover(): Promise<void> {
    const { files, unmatched } = await discoverFiles(context.fileSystems, paths, { includeHidden: discovery.includeHidden, signal: context.signal })
    if (!continuous && unmatched.length > 0) throw nothingMatches(unmatched)
    for (const path of unmatched) warnOnce(path, 'No file matches this path yet; looking again at each listing')
    forgetAllBut(files)
    for (const file of files) {
      if (seen.has(file.path)) warnIfModified(file)
      else await add(file)
    }
  }

  async function add(file: FileStatus): Promise<void> {
    try {
      const planned = await planSplits(context.fileSystems.forPath(file.path), file, discovery, context.signal)
      // No await from here on: a snapshot must contain a file both as seen and as splits, or not at all.
      seen.set(file.path, file.modifiedMs)
      for (const split of planned) splits.push({ id: `${nextId++}:${file.path}`, ...split })
      serveWaiting()
    } catch (error) {
      if (!continuous || !isInFlux(error)) throw error
      context.logger.warn({ file: file.path }, 'The file changed or vanished right after it was discovered; looking again at the next listing')
    }
  }

  /** So that what is remembered does not grow for ever. A path that appears again is a new file. */
  function forgetAllBut(files: readonly FileStatus[]): void {
    const existing = new Set(files.map((file) => file.path))
    for (const path of seen.keys()) {
      if (existing.has(path)) continue
      seen.delete(path)
      warned.delete(path)
    }
  }

  function warnIfModified(file: FileStatus): void {
    if (seen.get(file.path) !== file.modifiedMs) warnOnce(file.path, 'A file was modified after it was discovered; its new content is not read. Write changes to a new file')
  }

  function warnOnce(path: string, message: string): void {
    if (!warned.has(path)) context.logger.warn({ file: path }, message)
    warned.add(path)
  }

  context.metrics.gauge('unassignedSplits', () => splits.length)
  return {
    async start() {
      if (restored === undefined) await discover()
      if (continuous) context.every(monitorEveryMs, discover)
    },
    handleSplitRequest: serve,
    addSplitsBack(returned) {
      splits = [...returned, ...splits]
      serveWaiting()
    },
    snapshotState: () => ({ nextId, splits: [...splits], seen: [...seen] }),
  }
}

function isInFlux(error: unknown): boolean {
  return MillraceError.is(error) && (error.code === 'FS_NOT_FOUND' || error.code === 'FILE_CHANGED')
}

function nothingMatches(paths: readonly string[]): MillraceError {
  return new MillraceError(
    'FILE_NOT_FOUND',
    `Expected files at ${paths.join(' and ')}, found none. Check the path (a relative one starts at the working directory of the process); names ` +
      `that begin with . or _ count only with includeHidden; to wait for files to come, set monitorEvery`,
    { origin: 'external', at: paths[0] === undefined ? {} : { file: paths[0] } },
  )
}

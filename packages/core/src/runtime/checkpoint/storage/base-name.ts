/** The last segment of a path or URL; local paths of Windows have backslashes. */
export function baseName(path: string): string {
  return /([^/\\]*)[/\\]*$/.exec(path)?.[1] ?? ''
}

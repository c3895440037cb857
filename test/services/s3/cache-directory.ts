import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where installed servers are kept between runs, outside of the repository (XDG Base Directory Specification). */
export function cacheDirectory(...names: readonly string[]): string {
  const base = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  return join(base, 'millrace', ...names)
}

#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// Compiling is most of a short run. The cache lies with the user: the default place, a shared folder for temporary files, would
// let others of the machine put code there.
const { XDG_CACHE_HOME, LOCALAPPDATA, HOME } = process.env
const cache = XDG_CACHE_HOME ?? LOCALAPPDATA ?? (HOME === undefined ? undefined : join(HOME, '.cache'))
if (cache !== undefined) enableCompileCache(join(cache, 'millrace'))

async function main(): Promise<void> {
  const [{ endProcess, processHost }, { runCli }] = await Promise.all([import('@millrace/core/cli'), import('./main.ts')])
  endProcess(await runCli(processHost(process.argv.slice(2))))
}

void main()

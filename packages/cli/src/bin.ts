#!/usr/bin/env node
import * as nodeModule from 'node:module'
import { join } from 'node:path'
import { unsupportedNode } from './unsupported-node.ts'

// Compiling is most of a short run. The cache lies with the user: the default place, a shared folder for temporary files, would
// let others of the machine put code there. Nothing newer than Node 12 may be imported by name here: an older Node could not say what it lacks.
function cacheCompiledCode(): void {
  const { XDG_CACHE_HOME, LOCALAPPDATA, HOME } = process.env
  const cache = XDG_CACHE_HOME ?? LOCALAPPDATA ?? (HOME === undefined ? undefined : join(HOME, '.cache'))
  if (cache !== undefined) nodeModule.enableCompileCache(join(cache, 'millrace'))
}

async function main(): Promise<void> {
  const refusal = unsupportedNode(process.versions.node)
  if (refusal !== undefined) {
    process.stderr.write(`${refusal}\n`)
    process.exitCode = 1
    return
  }
  cacheCompiledCode()
  const [{ endProcess, processHost }, { runCli }] = await Promise.all([import('@millrace/core/cli'), import('./main.ts')])
  endProcess(await runCli(processHost(process.argv.slice(2))))
}

void main()

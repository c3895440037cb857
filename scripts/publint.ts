import { globSync } from 'node:fs'
import { dirname } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

/** Lints every published package as npm would pack it. Needs a build. */
let problems = 0
for (const manifest of globSync('{packages,connectors,formats,statebackends}/*/package.json').toSorted()) {
  const pkgDir = dirname(manifest)
  const { messages, pkg } = await publint({ pkgDir, strict: true })
  for (const message of messages) {
    problems++
    console.log(`${pkgDir}: ${formatMessage(message, pkg)}`)
  }
}
console.log(`publint: ${problems} problems`)
process.exitCode = problems > 0 ? 1 : 0

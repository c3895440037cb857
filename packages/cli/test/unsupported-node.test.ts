import { describe, expect, it } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import { unsupportedNode } from '../src/unsupported-node.ts'

describe('unsupportedNode', () => {
  it.each(['20.20.2', '22.17.1', '18.0.0'])('refuses %s and says what to do', (version) => {
    expect(unsupportedNode(version)).toContain(`found ${version}`)
    expect(unsupportedNode(version)).toContain('npm install')
  })

  it.each(['22.18.0', '22.19.3', '24.0.0', '26.1.0', process.versions.node])('lets %s pass', (version) => {
    expect(unsupportedNode(version)).toBeUndefined()
  })

  it('begins where the package says', () => {
    const oldest = manifest.engines.node.replace('>=', '')
    expect(unsupportedNode(`${oldest}.0`)).toBeUndefined()
    const [major = 0, minor = 0] = oldest.split('.').map(Number)
    expect(unsupportedNode(`${major}.${minor - 1}.0`)).toContain(oldest)
  })
})

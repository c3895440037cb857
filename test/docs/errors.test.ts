import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { errorCodesInSources, ROOT } from './error-codes.ts'

interface Row {
  readonly code: string
  readonly origins: readonly string[]
  readonly retry: string
  readonly meaning: string
  readonly remedy: string
}

const rows: readonly Row[] = readFileSync(`${ROOT}docs/errors.md`, 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, code, , ...cells] = /^\| `([A-Z0-9_]+)`( †)? \| (.*?) \| (.*?) \| (.*?) \| (.*?) \|$/.exec(line) ?? []
    const [origin = '', retry = '', meaning = '', remedy = ''] = cells
    return code === undefined ? [] : [{ code, origins: origin.split(', '), retry, meaning, remedy }]
  })

describe('docs/errors.md', () => {
  const inSources = errorCodesInSources()

  it('lists exactly the codes of the sources, each once', () => {
    const listed = rows.map(({ code }) => code)
    expect([...inSources.keys()].filter((code) => !listed.includes(code)), 'codes to be added to docs/errors.md').toEqual([])
    expect(listed.filter((code, index) => !inSources.has(code) || listed.indexOf(code) !== index), 'codes that no source has, or listed twice').toEqual([])
  })

  it('says who has to act and whether trying again can help, as the sources do', () => {
    for (const { code, origins, retry, meaning, remedy } of rows) {
      const { origins: created = new Set<string>(), retryable = new Set<boolean>() } = inSources.get(code) ?? {}
      expect(origins, `origins of ${code}`).toEqual(expect.arrayContaining([...created]))
      if (retryable.size > 0 && retry !== 'sometimes') expect([retry === 'yes'], `retryable of ${code}`).toEqual([...retryable])
      expect(meaning.length > 5 && remedy.length > 5, `meaning and remedy of ${code}`).toBe(true)
    }
  })
})

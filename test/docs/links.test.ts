import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { pages } from './code-blocks.ts'
import { ROOT } from './error-codes.ts'

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

it('links between pages lead somewhere', () => {
  const broken = pages().flatMap(({ path }) =>
    [...read(path).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].flatMap(([, target = '']) => (existsSync(join(ROOT, dirname(path), target)) ? [] : [`${path} → ${target}`])),
  )
  expect(broken).toEqual([])
})

it('the files that docs/testing.md names exist', () => {
  const named = [...read('docs/testing.md').matchAll(/`((?:src|test|connectors)\/[^`]+\.ts)`/g)].map(([, file = '']) => (file.startsWith('connectors/') ? file : `packages/core/${file}`))
  expect(named.length).toBeGreaterThan(30)
  expect(named.filter((file) => !existsSync(join(ROOT, file)))).toEqual([])
})

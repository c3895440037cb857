import { describe, expect, it } from 'vitest'
import { everythingBelow, parsePattern } from '../../src/source/path-pattern.ts'

const matching = (pattern: string, names: readonly string[], includeHidden = false): readonly string[] => names.filter(parsePattern(pattern, includeHidden).matches)

describe('parsePattern', () => {
  it('cuts the path before the first segment with a wildcard', () => {
    expect(parsePattern('data/2001/*.csv', false)).toMatchObject({ root: 'data/2001', recursive: false })
    expect(parsePattern('s3://bucket/raw/**/*.csv', false)).toMatchObject({ root: 's3://bucket/raw', recursive: true })
    expect(parsePattern('/data/day=*/x.csv', false)).toMatchObject({ root: '/data', recursive: true })
    expect(parsePattern('*.csv', false)).toMatchObject({ root: '.', recursive: false })
    expect(parsePattern('/*.csv', false)).toMatchObject({ root: '/', recursive: false })
  })

  it.each([
    ['*.csv', ['a.csv', '.csv', 'a.csv.gz', 'd/a.csv', 'a-csv'], ['a.csv']],
    ['a?.csv', ['a1.csv', 'a.csv', 'aü.csv', 'a🙂.csv', 'a12.csv'], ['a1.csv', 'aü.csv', 'a🙂.csv']],
    ['[a-c]x', ['ax', 'cx', 'dx', '-x'], ['ax', 'cx']],
    ['[!a-c]x', ['ax', 'dx', '/x'], ['dx']],
    ['[]]x', [']x', 'x'], [']x']],
    ['a[*]', ['a*', 'ab'], ['a*']],
    ['*.{csv,json}', ['a.csv', 'a.json', 'a.xml', 'a.csv,json'], ['a.csv', 'a.json']],
    ['{a,b/*}.{x,{y,z}}', ['a.x', 'a.z', 'b/c.y', 'b.x'], ['a.x', 'a.z', 'b/c.y']],
    ['**', ['a', 'd/a', 'd/e/a', '_d/a', 'd/.a'], ['a', 'd/a', 'd/e/a']],
    ['**/*.csv', ['a.csv', 'd/a.csv', 'd/e/a.csv', 'd/a.txt', '.d/a.csv'], ['a.csv', 'd/a.csv', 'd/e/a.csv']],
    ['*/x/**', ['a/x', 'a/x/b', 'a/x/b/c', 'a/y/b'], ['a/x/b', 'a/x/b/c']],
    ['*a(b)+.csv', ['xa(b)+.csv', 'xabb.csv'], ['xa(b)+.csv']],
  ])('%s', (pattern, names, expected) => {
    expect(matching(pattern, names)).toEqual(expected)
  })

  it('lets wildcards pass over hidden names, which count when they are spelled out', () => {
    const names = ['a', '_a', '.a', '_d/a', 'd/_a']
    expect(matching('*', names)).toEqual(['a'])
    expect(matching('{*,x}', names)).toEqual(['a'])
    expect(matching('?a', names)).toEqual([])
    expect(matching('[_]a', names)).toEqual([])
    expect(matching('_*', names)).toEqual(['_a'])
    expect(matching('{_d,x}/*', names)).toEqual(['_d/a'])
    expect(matching('**', names, true)).toEqual(names)
    expect(names.filter(everythingBelow('root', false).matches)).toEqual(['a'])
  })

  it.each([
    ['data/[ab.csv', 'the [ at character 6 is not closed'],
    ['data/{a,b.csv', 'a { is not closed'],
    ['data/[z-a].csv', 'runs backwards'],
  ])('refuses %s', (pattern, message) => {
    expect(() => parsePattern(pattern, false)).toThrowError(expect.objectContaining({ code: 'FILE_BAD_PATTERN', message: expect.stringContaining(message) }))
  })
})

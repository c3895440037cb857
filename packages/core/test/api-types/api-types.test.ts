import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { beforeAll, expect, test } from 'vitest'

const directory = import.meta.dirname
const typescript = resolve(directory, '../../../../node_modules/typescript/bin/tsc')

interface Diagnostic {
  readonly file: string
  readonly line: number
  readonly message: string
}

/** The compiler's first line of each error in the files of this directory; for overloads also the line that says what is wrong. */
function compile(): Promise<readonly Diagnostic[]> {
  return new Promise((settle) => {
    execFile(process.execPath, [typescript, '-p', directory, '--pretty', 'false'], { maxBuffer: 16 << 20 }, (_error, stdout) => {
      const lines = stdout.split('\n')
      const diagnostics = lines.flatMap((text, index): readonly Diagnostic[] => {
        const [, file, line, message] = /^(.+)\((\d+),\d+\): error (TS\d+: .*)$/.exec(text) ?? []
        if (file === undefined || message === undefined) return []
        const detail = message.startsWith('TS2769') ? ` … ${lines[index + 2]?.trim()}` : ''
        return [{ file: basename(file), line: Number(line), message: message + detail }]
      })
      settle(diagnostics)
    })
  })
}

/** Name and lines, first to last, of each case of the file of pipelines that must not compile. */
function cases(): readonly { readonly name: string; readonly from: number; readonly to: number }[] {
  const lines = readFileSync(join(directory, 'rejected-pipelines.ts'), 'utf8').split('\n')
  const starts = lines.flatMap((line, index) => (line.startsWith('// case: ') ? [{ name: line.slice('// case: '.length), from: index + 1 }] : []))
  return starts.map((start, index) => ({ ...start, to: (starts[index + 1]?.from ?? lines.length + 1) - 1 }))
}

let diagnostics: readonly Diagnostic[]
beforeAll(async () => {
  diagnostics = await compile()
})

test('pipelines that are right compile, with the types they say', () => {
  expect(diagnostics.filter(({ file }) => file === 'accepted-pipelines.ts' || file === 'fixtures.ts')).toEqual([])
})

test('pipelines that are wrong do not compile, and the first line says why', () => {
  const rejected = diagnostics.filter(({ file }) => file === 'rejected-pipelines.ts')
  const messages = Object.fromEntries(cases().map(({ name, from, to }) => [name, rejected.filter(({ line }) => line >= from && line <= to).map(({ message }) => message)]))
  expect(Object.entries(messages).filter(([, found]) => found.length === 0)).toEqual([])
  expect(Object.keys(messages).length).toBeGreaterThanOrEqual(60)
  expect(messages).toMatchSnapshot()
})

test('nothing else in the file of wrong pipelines is wrong', () => {
  const first = cases()[0]?.from ?? 0
  expect(diagnostics.filter(({ file, line }) => file === 'rejected-pipelines.ts' && line < first)).toEqual([])
})

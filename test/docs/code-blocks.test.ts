import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeBlocks, pages, type CodeBlock } from './code-blocks.ts'
import { ROOT } from './error-codes.ts'

const directory = mkdtempSync(join(tmpdir(), 'millrace-docs-'))
const blocks = pages().flatMap(({ path, blocks: all }) => all.map((block) => ({ ...block, title: `${path}:${block.line}`, file: join(directory, path.replace(/\.md$/, ''), block.file) })))
const runnable = blocks.filter(({ run }) => run)

beforeAll(() => {
  symlinkSync(`${ROOT}node_modules`, join(directory, 'node_modules'), 'junction')
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }')
  const compilerOptions = { noEmit: true, declaration: false, allowImportingTsExtensions: true, types: ['node'], typeRoots: [`${ROOT}node_modules/@types`] }
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ extends: `${ROOT}tsconfig.base.json`, compilerOptions, include: ['**/*.ts'], exclude: ['node_modules'] }))
  for (const { file, text } of blocks) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
})
afterAll(() => rmSync(directory, { recursive: true }))

describe('the code blocks of the documentation', () => {
  let outputs: readonly string[] = []

  beforeAll(async () => {
    const marker = randomUUID()
    const command = ['--conditions=@millrace/source', `${ROOT}test/docs/run-blocks.ts`, marker, ...runnable.map(({ file }) => file)]
    const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: directory, timeout: 60_000 }).catch((error: unknown) => error as { readonly stdout: string })
    outputs = stdout.split(`${marker} start\n`).slice(1).map((text) => text.replaceAll(`${marker} `, ''))
  })

  it.each(runnable.map(({ title, output }, index) => ({ title, output, index })))('$title', ({ output, index }): void => {
    const found = outputs[index] ?? 'not run, as one before it ended the process'
    if (output !== undefined) return expect(found).toBe(`${output}end\n`)
    expect(found).not.toMatch(/^failed /m)
    expect(found).toMatch(/(^|\n)end\n$/)
  })

  it('have the right types', { timeout: 60_000 }, async () => {
    const tsc = promisify(execFile)(process.execPath, [`${ROOT}node_modules/typescript/bin/tsc`, '-p', directory], { cwd: directory })
    const output = await tsc.then(({ stdout }) => stdout, ({ stdout }: { readonly stdout: string }) => stdout)
    // What the blocks import lies outside of this directory, and is checked with its own package.
    expect(output.split('\n').filter((line) => /^\w.*: error /.test(line))).toEqual([])
  })

  it('include the job of the README, which is the one of the example and runs', async () => {
    const [first = ''] = /(?<=^```ts\n)[^]*?(?=^```$)/m.exec(readFileSync(`${ROOT}README.md`, 'utf8')) ?? []
    expect(first).toBe(readFileSync(`${ROOT}examples/ten-lines/job.ts`, 'utf8'))
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@millrace/source', `${ROOT}examples/ten-lines/job.ts`], { cwd: directory })
    expect(stdout.split('\n').toSorted().slice(1, 3)).toEqual([
      "{ customer: 'ada', minute: '2026-03-01T09:00:00.000Z', orders: 1, total: 12.5 }",
      "{ customer: 'ada', minute: '2026-03-01T09:01:00.000Z', orders: 1, total: 3.25 }",
    ])
  })
})

describe('codeBlocks', () => {
  it('finds what is marked, with names and outputs, and nothing else', () => {
    const page = ['```ts', 'not me', '```', '```csv file=a.csv', 'a', '```', '```ts run', 'me', '```', '```text output', 'printed', '```', ''].join('\n')
    const expected: readonly CodeBlock[] = [
      { line: 4, file: 'a.csv', text: 'a\n', run: false },
      { line: 7, file: 'line-7.ts', text: 'me\n', run: true, output: 'printed\n' },
    ]
    expect(codeBlocks(page)).toEqual(expected)
  })
})

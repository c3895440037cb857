import { existsSync, globSync, readFileSync } from 'node:fs'
import { ROOT } from './error-codes.ts'

export interface CodeBlock {
  /** Line of the opening fence in the page. */
  readonly line: number
  /** What it is written to, in the directory of its page. */
  readonly file: string
  readonly text: string
  readonly run: boolean
  /** What it must print: the text of the `text output` block that follows it. */
  readonly output?: string
}

export interface Page {
  readonly path: string
  readonly blocks: readonly CodeBlock[]
}

/** All pages whose blocks count, those without any included. */
export function pages(): readonly Page[] {
  const found = ['README.md', ...globSync('docs/**/*.md', { cwd: ROOT }), ...globSync('{packages,connectors,formats,statebackends}/*/README.md', { cwd: ROOT })]
  return found
    .filter((path) => existsSync(`${ROOT}${path}`))
    .toSorted()
    .map((path) => ({ path, blocks: codeBlocks(readFileSync(`${ROOT}${path}`, 'utf8')) }))
}

/**
 * The blocks fenced as ```` ```ts run ````, ```` ```csv file=orders.csv ````, or both. A block fenced as
 * ```` ```text output ```` is the output of the one before it.
 */
export function codeBlocks(markdown: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = []
  for (const { 1: language = '', 2: info = '', 3: text = '', index } of markdown.matchAll(/^```(\w+)([^\n]*)\n([\s\S]*?)^```$/gm)) {
    const words = info.trim().split(/\s+/)
    const previous = blocks.at(-1)
    if (words.includes('output') && previous !== undefined) blocks[blocks.length - 1] = { ...previous, output: text }
    const line = markdown.slice(0, index).split('\n').length
    const name = words.find((word) => word.startsWith('file='))?.slice('file='.length)
    const run = words.includes('run')
    if (run || name !== undefined) blocks.push({ line, file: name ?? `line-${line}.${language}`, text, run })
  }
  return blocks
}

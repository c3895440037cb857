/**
 * `npm run bench -- SUITE [--json FILE] [--only NAME]…`: one JSON line per case and baseline on standard output (and in FILE),
 * a summary on standard error. NAME is a case, or a part of its name; more than one may be given.
 */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { BenchLine, Comparison } from './bench-line.ts'
import { runRateCase } from './run-rate-case.ts'
import { suites } from './suites.ts'

const { values, positionals } = parseArgs({ options: { json: { type: 'string' }, only: { type: 'string', multiple: true, default: [''] } }, allowPositionals: true })
const cases = suites[positionals[0] ?? ''] ?? []
const chosen = cases.filter(({ name }) => values.only.some((part) => name.includes(part)))
if (positionals.length !== 1 || chosen.length === 0) {
  const known = cases.length === 0 ? `a suite: ${Object.keys(suites).join(', ')}` : `a part of a name: ${cases.map(({ name }) => name).join(', ')}`
  process.stderr.write(`expected ${known}; found ${process.argv.slice(2).join(' ') || 'nothing'}\nnpm run bench -- SUITE [--json FILE] [--only NAME]…\n`)
  process.exit(2)
}

const lines: BenchLine[] = []
const failures: string[] = []
const services = new Set<() => Promise<void>>()
for (const benchCase of chosen) {
  try {
    if (benchCase.provide !== undefined) services.add(await benchCase.provide())
    const comparisons = benchCase.kind === 'rate' ? await runRateCase(benchCase) : [await benchCase.measure()].flat()
    for (const comparison of comparisons) {
      lines.push(comparison.line)
      process.stdout.write(`${JSON.stringify(comparison.line)}\n`)
      process.stderr.write(`${summary(comparison)}\n`)
    }
  } catch (error) {
    failures.push(benchCase.name)
    process.stderr.write(`${benchCase.name}: ${error instanceof Error ? error.message : String(error)}\n`)
  }
}
for (const stop of services) await stop()
if (values.json !== undefined) await writeFile(values.json, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
if (failures.length > 0) {
  process.stderr.write(`failed: ${failures.join(', ')}\n`)
  process.exitCode = 1
}

function summary({ line, target }: Comparison): string {
  const { bench, ours, unit, baseline, theirs, ratio, min, max } = line
  const verdict = target === undefined ? '' : `  ${target.text}: ${target.met(line) ? 'met' : 'MISSED'}`
  return `${bench} vs ${baseline}: ${ours} [${min} … ${max}] vs ${theirs} ${unit}, ratio ${ratio}${verdict}`
}

import type { CaseOutcome } from './chaos-case.ts'

interface Group {
  runs: number
  kills: number
  early: number
  checkpoints: number
  failed: number
}

/** A table of the random kills by job and backend, and a line per other kind of case. */
export function summarize(outcomes: readonly CaseOutcome[], durationMs: number): string {
  const groups = new Map<string, Group>()
  for (const { name, ok, report } of outcomes) {
    const group = name.startsWith('kills/') ? name : (name.split('/')[0] as string)
    const total = groups.get(group) ?? { runs: 0, kills: 0, early: 0, checkpoints: 0, failed: 0 }
    groups.set(group, total)
    total.runs++
    total.kills += report?.countedKills ?? 0
    total.early += report?.earlyKills ?? 0
    total.checkpoints += report?.checkpoints ?? 0
    total.failed += Number(!ok)
  }
  const rows = [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const lines = rows.map(([name, { runs, kills, early, checkpoints, failed }]) => `| ${name} | ${runs} | ${kills} | ${early} | ${checkpoints} | ${failed === 0 ? 'all' : `${failed} FAILED`} |`)
  const failed = outcomes.filter(({ ok }) => !ok)
  const random = outcomes.filter(({ name }) => name.startsWith('kills/')).reduce((sum, { report }) => sum + (report?.countedKills ?? 0), 0)
  return [
    '',
    '| cases | runs | counted kills | kills before a checkpoint | checkpoints | as expected |',
    '|---|---|---|---|---|---|',
    ...lines,
    '',
    `${random} random kills between the first checkpoint and the end; ${outcomes.length - failed.length} of ${outcomes.length} cases as expected, in ${Math.round(durationMs / 1000)} s`,
    ...failed.map(({ name }) => `failed: ${name}`),
    '',
  ].join('\n')
}

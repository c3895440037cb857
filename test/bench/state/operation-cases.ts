import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { compare } from '../bench-line.ts'
import type { MeasureCase } from '../measure-case.ts'
import type { OperationReport } from './operation-worker.ts'

const WORKER = fileURLToPath(new URL('operation-worker.ts', import.meta.url))
const PROCESSES = 3

/** What flink-benchmarks measures in ValueStateBenchmark, ListStateBenchmark and MapStateBenchmark. */
export const OPERATIONS = {
  value: ['add', 'update', 'get'],
  list: ['add', 'update', 'append', 'add-all', 'get', 'get-and-iterate'],
  map: ['add', 'update', 'get', 'contains', 'is-empty', 'keys', 'values', 'entries', 'iterator', 'put-all', 'remove'],
} as const
export type StateKind = keyof typeof OPERATIONS

type Reports = readonly { readonly leveldb: OperationReport; readonly heap: OperationReport }[]

const measured = new Map<StateKind, Promise<Reports>>()

/** Once for all operations on a kind of state: a process that has loaded it measures them all. */
function reports(kind: StateKind): Promise<Reports> {
  let found = measured.get(kind)
  if (found === undefined) {
    found = runs(kind)
    measured.set(kind, found)
  }
  return found
}

async function runs(kind: StateKind): Promise<Reports> {
  const found: { leveldb: OperationReport; heap: OperationReport }[] = []
  for (let left = PROCESSES; left > 0; left--) found.push({ leveldb: await work(kind, 'leveldb'), heap: await work(kind, 'heap') })
  return found
}

async function work(kind: StateKind, backend: 'leveldb' | 'heap'): Promise<OperationReport> {
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, WORKER, kind, backend])
  return JSON.parse(stdout) as OperationReport
}

function operationCase(kind: StateKind, operation: string): MeasureCase {
  const name = `state/${kind}-${operation}-leveldb`
  return {
    kind: 'measure',
    name,
    async measure() {
      const samples = (await reports(kind)).map(({ leveldb, heap }) => ({ ours: sample(leveldb, operation), theirs: sample(heap, operation) }))
      const checks = new Set(samples.flatMap(({ ours, theirs }) => [ours.check, theirs.check]))
      if (checks.size > 1) throw new Error(`${name}: the backends disagree, so that their rates mean nothing: ${[...checks].join(', ')}`)
      const rates = (of: 'ours' | 'theirs'): readonly number[] => samples.map((each) => each[of].rate)
      return { line: compare(name, 'operations/cpu-s', 'heap', rates('ours'), rates('theirs')) }
    },
  }
}

function sample(report: OperationReport, operation: string): OperationReport[string] {
  const found = report[operation]
  if (found === undefined) throw new Error(`no ${operation} in the worker's report`)
  return found
}

/** Single operations on keyed state, on LevelDB and on the heap. */
export const operationCases: readonly MeasureCase[] = (['value', 'list', 'map'] as const).flatMap((kind) => OPERATIONS[kind].map((operation) => operationCase(kind, operation)))

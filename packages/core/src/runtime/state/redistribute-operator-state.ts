import { decodeOperatorState, encodeOperatorState } from './operator-state-snapshot.ts'
import type { OperatorStateElements, OperatorStateMeta, OperatorStateSnapshot } from './operator-state-snapshot.ts'

/** `redistribute` over what `OperatorState.snapshot` returned; undefined stands for no state. */
export function redistributeOperatorState(old: readonly (Uint8Array | undefined)[], parallelism: number): (Uint8Array | undefined)[] {
  const snapshots = old.map((bytes) => (bytes === undefined ? { states: [] } : decodeOperatorState(bytes)))
  return redistribute(snapshots, parallelism).map((snapshot) => (snapshot.states.length === 0 ? undefined : encodeOperatorState(snapshot)))
}

interface CollectedState {
  readonly meta: OperatorStateMeta
  /** By old subtask. */
  readonly parts: readonly (readonly Uint8Array[])[]
}

/**
 * Deals the operator state of `old` (by subtask index) out to `parallelism` subtasks, as Flink's
 * RoundRobinOperatorStateRepartitioner does. `split`: at the same parallelism every subtask keeps its own; otherwise all
 * elements in order, in runs of nearly equal length, the longer runs going on where those of the previous state ended.
 * `union`: everything to everybody. `broadcast`: a copy of one old subtask's each.
 */
export function redistribute(old: readonly OperatorStateSnapshot[], parallelism: number): OperatorStateSnapshot[] {
  const dealt = Array.from({ length: parallelism }, (): OperatorStateElements[] => [])
  const give = (subtask: number, meta: OperatorStateMeta, elements: readonly Uint8Array[]): void => {
    if (elements.length > 0) dealt[subtask]?.push({ meta, elements })
  }
  let firstLonger = 0
  for (const { meta, parts } of collect(old)) {
    if (meta.redistribution === 'split' && old.length !== parallelism) {
      firstLonger = split(parts.flat(), parallelism, firstLonger, (subtask, elements) => give(subtask, meta, elements))
      continue
    }
    const all = meta.redistribution === 'union' ? parts.flat() : []
    const copies = meta.redistribution === 'broadcast' ? parts.filter((part) => part.length > 0) : []
    for (let subtask = 0; subtask < parallelism; subtask++) {
      if (meta.redistribution === 'split') give(subtask, meta, parts[subtask] ?? [])
      else if (meta.redistribution === 'union') give(subtask, meta, all)
      else give(subtask, meta, copies[subtask % copies.length] ?? [])
    }
  }
  return dealt.map((states) => ({ states }))
}

/** Returns the first subtask that got a shorter run: there the longer ones of the next state begin. */
function split(elements: readonly Uint8Array[], parallelism: number, firstLonger: number, give: (subtask: number, elements: readonly Uint8Array[]) => void): number {
  const shorter = Math.floor(elements.length / parallelism)
  const longerRuns = elements.length % parallelism
  let position = 0
  for (let run = 0; run < parallelism; run++) {
    const end = position + shorter + (run < longerRuns ? 1 : 0)
    give((firstLonger + run) % parallelism, elements.slice(position, end))
    position = end
  }
  return (firstLonger + longerRuns) % parallelism
}

function collect(old: readonly OperatorStateSnapshot[]): CollectedState[] {
  const byMeta = new Map<string, { meta: OperatorStateMeta; parts: Uint8Array[][] }>()
  for (const [subtask, { states }] of old.entries()) {
    for (const { meta, elements } of states) {
      const id = JSON.stringify(meta)
      let collected = byMeta.get(id)
      if (collected === undefined) {
        collected = { meta, parts: old.map(() => []) }
        byMeta.set(id, collected)
      }
      collected.parts[subtask]?.push(...elements)
    }
  }
  return [...byMeta.values()]
}

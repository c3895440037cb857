/** A chain of multiplications that no compiler can leave out or shorten. */
export function work(seed: number, turns: number): number {
  let value = seed | 1
  for (let turn = 0; turn < turns; turn++) value = Math.imul(value, 1_664_525) + 1_013_904_223
  return value
}

/** How many turns take so many microseconds here and now. */
export function turnsFor(microseconds: number): number {
  const turns = 10_000
  const calls = 300
  let best = Number.POSITIVE_INFINITY
  let kept = 0
  for (let round = 0; round < 7; round++) {
    const startMs = performance.now()
    for (let call = 0; call < calls; call++) kept ^= work(call + round, turns)
    best = Math.min(best, performance.now() - startMs)
  }
  if (kept === 0.5) throw new Error('unreachable')
  return Math.round((microseconds * turns * calls) / (best * 1000))
}

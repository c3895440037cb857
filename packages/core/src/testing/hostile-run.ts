import { MillraceError } from '../errors.ts'
import type { OperatorSpec } from '../graph/operator-spec.ts'
import { MAX_WATERMARK } from '../runtime/time/timestamps.ts'
import type { HarnessEvent } from './harness-output.ts'
import { createOperatorHarness, type HarnessOptions, type OperatorHarness } from './operator-harness.ts'

/** What happens to an operator under test. */
export type OperatorEvent =
  | { readonly kind: 'element'; readonly value: unknown; readonly timestamp: number; readonly input?: 0 | 1 }
  | { readonly kind: 'watermark'; readonly timestamp: number }
  | { readonly kind: 'processingTime'; readonly now: number }
  | { readonly kind: 'status'; readonly idle: boolean }

/**
 * Drives an operator through `events` and the end of its input, in every way that must make no difference: calmly; with the
 * output full every other call, resumed at once or as late as possible; with a snapshot and a fresh instance after every
 * event; and with every event falling between a snapshot's cut and its reading. Returns what it emits, or throws
 * CORE_TEST_UNEQUAL_RUNS. Between two watermarks records are compared as a multiset: state has no order.
 */
export async function hostileRun(operator: OperatorSpec, events: readonly OperatorEvent[], options: HarnessOptions = {}): Promise<readonly HarnessEvent[]> {
  const calm = await run(operator, events, options, { restarts: false, checked: false })
  const ways: readonly (readonly [string, HarnessOptions, Way])[] = [
    ['a full output', { ...options, hostileOutput: true }, { restarts: false, checked: false }],
    ['a full output, resumed late', { ...options, hostileOutput: true, lazyResume: true }, { restarts: false, checked: false }],
    ['a restore after every event', options, { restarts: true, checked: false }],
    ['a restore after every event and a full output', { ...options, hostileOutput: true, lazyResume: true }, { restarts: true, checked: false }],
    ['a snapshot under way at every event', options, { restarts: false, checked: true }],
  ]
  const expected = canonical(calm)
  for (const [name, variant, way] of ways) {
    const found = canonical(await run(operator, events, variant, way))
    const differs = found.findIndex((line, index) => line !== expected[index])
    if (differs < 0 && found.length === expected.length) continue
    const at = differs < 0 ? Math.min(found.length, expected.length) : differs
    const message = `with ${name} the output differs from that of a calm run in part ${at}: expected\n${expected[at] ?? 'nothing'}\nfound\n${found[at] ?? 'nothing'}`
    throw new MillraceError('CORE_TEST_UNEQUAL_RUNS', message, { origin: 'engine' })
  }
  return calm
}

interface Way {
  readonly restarts: boolean
  readonly checked: boolean
}

async function run(operator: OperatorSpec, events: readonly OperatorEvent[], options: HarnessOptions, way: Way): Promise<readonly HarnessEvent[]> {
  let harness = await createOperatorHarness(operator, options)
  const emitted: HarnessEvent[] = []
  let now = options.now ?? 0
  for (const [index, event] of events.entries()) {
    if (event.kind === 'processingTime') now = Math.max(now, event.now)
    if (way.checked) harness.checked(() => apply(harness, event))
    else apply(harness, event)
    if (!way.restarts) continue
    const snapshot = await harness.snapshot(index + 1)
    emitted.push(...harness.output)
    await harness.close()
    harness = await createOperatorHarness(operator, { ...options, now, restore: [snapshot] })
  }
  harness.watermark(MAX_WATERMARK)
  harness.endInput(0)
  if (harness.operator.processElement2 !== undefined) harness.endInput(1)
  await harness.finish()
  emitted.push(...harness.output)
  await harness.close()
  return emitted
}

function apply(harness: OperatorHarness, event: OperatorEvent): void {
  switch (event.kind) {
    case 'element':
      harness.element(event.value, event.timestamp, event.input)
      break
    case 'watermark':
      harness.watermark(event.timestamp)
      break
    case 'processingTime':
      harness.advanceTo(event.now)
      break
    case 'status':
      harness.status(event.idle)
      break
  }
}

/** One line per watermark or status and one per multiset of records between two of them. */
function canonical(events: readonly HarnessEvent[]): readonly string[] {
  const lines: string[] = []
  let records: string[] = []
  const flush = (): void => {
    if (records.length > 0) lines.push(records.sort().join('\n'))
    records = []
  }
  for (const event of events) {
    if (event.kind === 'record') records.push(`${event.timestamp} ${text(event.value)}`)
    else if (event.kind === 'side') records.push(`${event.tag} ${event.timestamp} ${text(event.value)}`)
    else {
      flush()
      lines.push(text(event))
    }
  }
  flush()
  return lines
}

function text(value: unknown): string {
  return JSON.stringify(value, (_name, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each))
}

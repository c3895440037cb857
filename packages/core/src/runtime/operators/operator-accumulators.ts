import { MillraceError } from '../../errors.ts'
import type { Accumulator, AccumulatorKind, Accumulators } from '../../functions/accumulator.ts'
import type { OperatorListState } from '../../functions/process-function.ts'
import { json } from '../../types/json-type.ts'
import type { OperatorContext } from './stream-operator.ts'

interface Cell {
  readonly name: string
  readonly kind: AccumulatorKind
  /** Sum, minimum or maximum. */
  value: number
  /** How often something was added. */
  count: number
  /** Of a histogram: how often each value was. */
  readonly counts: { [value: string]: number }
}

/**
 * The accumulators of one operator in one subtask. They live in operator state as the cells themselves, so that adding costs
 * no more than a field and a snapshot writes what they hold at its cut. Restored parts of other subtasks are folded in.
 */
export function operatorAccumulators(context: OperatorContext): Accumulators {
  let opened: { readonly cells: Map<string, Cell>; readonly state: OperatorListState<Cell> } | undefined
  const open = (): NonNullable<typeof opened> => {
    const state = context.operatorState.list('accumulators', json(), 'split') as unknown as OperatorListState<Cell>
    const cells = new Map<string, Cell>()
    for (const cell of state.get()) fold(cellOf(cells, context, cell.name, cell.kind), cell)
    state.update([...cells.values()])
    return { cells, state }
  }
  const accumulator = (kind: AccumulatorKind) => (name: string): Accumulator => {
    if (typeof name !== 'string' || name.trim() === '') {
      const message = `expected an accumulator of "${context.name}" to have a name, found ${JSON.stringify(name)}`
      throw new MillraceError('CORE_INVALID_ACCUMULATOR', message, { origin: 'user', at: { operator: context.name, uid: context.uid } })
    }
    opened ??= open()
    const { cells, state } = opened
    const cell = cellOf(cells, context, name, kind)
    state.update([...cells.values()])
    const add = ADDING[kind](cell)
    return {
      add(value) {
        if (Number.isFinite(value)) return add(value)
        throw new MillraceError('CORE_INVALID_ACCUMULATOR', `expected numbers to be added to the accumulator ${name}, found ${value}`, { origin: 'user' })
      },
    }
  }
  // What was restored counts in the result even if this version of the function adds nothing to it.
  if (context.restored) opened = open()
  return { sum: accumulator('sum'), min: accumulator('min'), max: accumulator('max'), average: accumulator('average'), histogram: accumulator('histogram') }
}

function cellOf(cells: Map<string, Cell>, context: OperatorContext, name: string, kind: AccumulatorKind): Cell {
  const id = `${kind} ${name}`
  const found = cells.get(id)
  if (found !== undefined) return found
  const cell: Cell = { name, kind, value: 0, count: 0, counts: {} }
  cells.set(id, cell)
  const metrics = context.metrics.group('accumulator', name)
  if (kind === 'histogram') {
    metrics.gauge('accumulator.histogram', 'value', () => Object.entries(cell.counts))
  } else {
    metrics.gauge(`accumulator.${kind}`, () => cell.value)
    metrics.gauge(`accumulator.${kind}.count`, () => cell.count)
  }
  return cell
}

const ADDING: { readonly [K in AccumulatorKind]: (cell: Cell) => (value: number) => void } = {
  sum: adding,
  average: adding,
  min: (cell) => (value) => {
    if (cell.count++ === 0 || value < cell.value) cell.value = value
  },
  max: (cell) => (value) => {
    if (cell.count++ === 0 || value > cell.value) cell.value = value
  },
  histogram: (cell) => (value) => {
    cell.count++
    cell.counts[value] = (cell.counts[value] ?? 0) + 1
  },
}

function adding(cell: Cell): (value: number) => void {
  return (value) => {
    cell.count++
    cell.value += value
  }
}

function fold(into: Cell, part: Cell): void {
  if (part.count === 0) return
  const { kind } = into
  if (kind === 'min' || kind === 'max') into.value = into.count === 0 ? part.value : Math[kind](into.value, part.value)
  else into.value += part.value
  into.count += part.count
  for (const [value, count] of Object.entries(part.counts)) into.counts[value] = (into.counts[value] ?? 0) + count
}

import { canCompile } from '../../graph/can-compile.ts'
import type { ChainedOperator, ChainLink } from '../../graph/job-graph.ts'
import type { Counter } from '../../spi/metric-group.ts'
import type { KeyedStateBackend } from '../../spi/keyed-state-backend.ts'
import { createOperator } from '../operators/create-operator.ts'
import type { SourceOperator } from '../operators/source-operator.ts'
import type { StreamOperator } from '../operators/stream-operator.ts'
import type { OperatorState } from '../state/operator-state.ts'
import { type ChainParts, type CollectorFactory, closureCollector } from './chain-link.ts'
import { ChainOutput, type Collector } from './chain-output.ts'
import { compiledCollector } from './compiled-collector.ts'
import { compiledSourceCollector } from './compiled-source-collector.ts'
import { openOperatorState, type OperatorHooks, operatorContext } from './operator-context.ts'
import type { TaskEnvironment } from './task-environment.ts'

/** One operator of a chain with what belongs to it. */
export interface ChainMember {
  readonly uid: string
  readonly name: string
  readonly operator: StreamOperator
  readonly output: ChainOutput
  readonly operatorState: OperatorState
  readonly keyedState: KeyedStateBackend | undefined
}

/** The operators of one task, linked so that records are handed over by plain calls. `members[0]` is the head. */
export interface OperatorChain {
  readonly members: readonly ChainMember[]
  /** Entry for the records of input 0 and 1. */
  readonly entries: readonly [Collector, Collector]
  /** Counts the records that enter. */
  readonly numRecordsIn: Counter
}

/** Restores and creates all operators and links them; does not open them. State that was opened is closed again if this fails. */
export async function createOperatorChain(environment: TaskEnvironment, hooks: OperatorHooks): Promise<OperatorChain> {
  const opened: KeyedStateBackend[] = []
  try {
    return await createAndLink(environment, hooks, opened)
  } catch (error) {
    for (const keyedState of opened) await keyedState.close()
    throw error
  }
}

/** Closes all operators and their state, whatever some of them throw. */
export async function closeOperatorChain({ members }: OperatorChain, failed: boolean, onError: (error: unknown) => void): Promise<void> {
  const errors: unknown[] = []
  for (const { operator, keyedState } of members) {
    for (const close of [() => operator.close?.(failed), () => keyedState?.close()]) {
      try {
        await close()
      } catch (error) {
        errors.push(error)
      }
    }
  }
  errors.forEach(onError)
}

async function createAndLink(environment: TaskEnvironment, hooks: OperatorHooks, opened: KeyedStateBackend[]): Promise<OperatorChain> {
  const { vertex, settings } = environment
  const members: ChainMember[] = []
  const cachedFiles = await environment.cachedFiles.load()
  const recordsOut = vertex.operators.map(({ node, uid }) => environment.operatorMetrics(node.name, uid).counter('numRecordsOut'))
  const numRecordsIn: Counter = { value: 0 }
  const sideCounters = vertex.operators.map(() => new Map<string, Counter>())
  for (const [index, definition] of vertex.operators.entries()) {
    const output = new ChainOutput(hooks.isAvailable)
    const { keyedState, operatorState } = await openOperatorState(environment, definition)
    if (keyedState !== undefined) opened.push(keyedState)
    const recordsIn = parentOutput(vertex.operators, index, recordsOut, sideCounters) ?? numRecordsIn
    const metrics = environment.operatorMetrics(definition.node.name, definition.uid)
    metrics.gauge('numRecordsIn', () => recordsIn.value)
    metrics.gauge('currentOutputWatermark', () => output.watermark)
    const context = operatorContext(environment, hooks, definition, index, { output, keyedState, operatorState, recordsIn, recordsOut: recordsOut[index] as Counter, cachedFiles })
    members.push({ uid: definition.uid, name: definition.node.name, operator: createOperator(definition.node, context), output, operatorState, keyedState })
  }
  const compile = settings.codeGeneration && canCompile()
  const factory: CollectorFactory = compile ? compiledCollector : closureCollector
  const parts: ChainParts = { definitions: vertex.operators, operators: members.map(({ operator }) => operator), recordsOut, writers: environment.writers }
  members.forEach((member, index) => linkOutputs(member.output, parts, index, factory, sideCounters[index] as Map<string, Counter>))
  const head = members[0] as ChainMember
  if (compile && vertex.operators[0]?.node.operator.kind === 'source') (head.operator as SourceOperator).linkRecords(compiledSourceCollector)
  const entry = factory(parts, -1, [{ tag: null, target: { kind: 'operator', index: 0 } }], numRecordsIn)
  const second: Collector = (value, timestamp) => {
    numRecordsIn.value++
    head.operator.processElement2?.(value, timestamp)
  }
  return { members, entries: [entry, second], numRecordsIn }
}

function linkOutputs(output: ChainOutput, parts: ChainParts, index: number, factory: CollectorFactory, sideCounters: Map<string, Counter>): void {
  const links = parts.definitions[index]?.outputs ?? []
  const byTag = new Map<string | null, ChainLink[]>()
  for (const link of links) byTag.set(link.tag, [...(byTag.get(link.tag) ?? []), link])
  for (const { target } of links) {
    if (target.kind === 'operator') output.operators.push(parts.operators[target.index] as StreamOperator)
    else output.writers.push(parts.writers.get(target.edge) as ChainOutput['writers'][number])
  }
  output.collect = factory(parts, index, byTag.get(null) ?? [], parts.recordsOut[index] as Counter)
  for (const [tag, tagged] of byTag) if (tag !== null) output.sides.set(tag, factory(parts, index, tagged, counterOf(sideCounters, tag)))
}

/** A chained operator receives what one output of its parent emits: one counter serves as both. Undefined for the head. */
function parentOutput(operators: readonly ChainedOperator[], index: number, recordsOut: readonly Counter[], sideCounters: readonly Map<string, Counter>[]): Counter | undefined {
  for (const [parent, { outputs }] of operators.entries()) {
    const link = outputs.find(({ target }) => target.kind === 'operator' && target.index === index)
    if (link !== undefined) return link.tag === null ? recordsOut[parent] : counterOf(sideCounters[parent] as Map<string, Counter>, link.tag)
  }
  return undefined
}

function counterOf(counters: Map<string, Counter>, tag: string): Counter {
  let counter = counters.get(tag)
  if (counter === undefined) counters.set(tag, (counter = { value: 0 }))
  return counter
}

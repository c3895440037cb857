import type { ChainLink } from '../../graph/job-graph.ts'
import type { Collector } from './chain-output.ts'
import type { RollingOperator } from '../operators/rolling-operator.ts'
import type { ChainParts, CollectorFactory } from './chain-link.ts'
import { userFunctionError } from './user-function-error.ts'

let compiled = 0

/**
 * Generates one function for everything between an operator and the next operator that is not a plain map, filter or
 * flatMap or a rolling aggregate. Its source text is unique: V8 keys compiled code and type feedback by source, and identical texts would make
 * all chains share (and spoil) one another's feedback.
 *
 * `at` is the index of the operator whose user function is running, or −1 inside an operator that reports its own errors.
 */
export const compiledCollector: CollectorFactory = (parts, owner, links, counter) => {
  const source = new SourceBuilder(parts)
  source.count(counter)
  source.links(owner, links)
  const names = [...source.values.keys()]
  const text =
    `'use strict'; return function collect(value, timestamp) { let at = ${owner}; try {\n${source.lines.join('\n')}\n} catch (error) { fail(at, error, value) } }` +
    `\n//# sourceURL=millrace-chain-${compiled++}`
  const create = new Function('fail', ...names, text) as (...values: readonly unknown[]) => Collector
  const fail = (at: number, error: unknown, value: unknown): never => {
    throw at < 0 ? error : userFunctionError(error, parts.definitions[at], value)
  }
  return create(fail, ...source.values.values())
}

class SourceBuilder {
  readonly lines: string[] = []
  readonly values: Map<string, unknown> = new Map()
  readonly #parts: ChainParts
  #saved = 0

  constructor(parts: ChainParts) {
    this.#parts = parts
  }

  count(counter: unknown): void {
    this.lines.push(`${this.#name('counter', counter)}.value++`)
  }

  links(owner: number, links: readonly ChainLink[]): void {
    // Branches see the same record: what one of them maps must not reach the next.
    const saved = links.length > 1 ? `saved${this.#saved++}` : undefined
    if (saved !== undefined) this.lines.push(`const ${saved} = value`)
    links.forEach((link, index) => {
      if (saved !== undefined && index > 0) this.lines.push(`value = ${saved}`)
      this.#link(owner, link)
    })
  }

  #link(owner: number, { target }: ChainLink): void {
    if (target.kind === 'edge') {
      this.lines.push(`at = ${owner}`, `${this.#name('writer', this.#parts.writers.get(target.edge))}.collect(value, timestamp)`)
      return
    }
    const { index } = target
    const definition = this.#parts.definitions[index]
    const spec = definition?.node.operator
    const main = definition?.outputs.filter((link) => link.tag === null) ?? []
    const reportsItself = definition?.node.onError !== undefined && definition.node.onError !== 'fail'
    if (spec?.kind === 'map' && !reportsItself) {
      this.lines.push(`at = ${index}`, `value = ${this.#name('map', spec.map)}(value)`)
      this.count(this.#parts.recordsOut[index])
      this.links(index, main)
    } else if (spec?.kind === 'filter' && !reportsItself) {
      this.lines.push(`at = ${index}`, `if (${this.#name('predicate', spec.predicate)}(value)) {`)
      this.count(this.#parts.recordsOut[index])
      this.links(index, main)
      this.lines.push('}')
    } else if (spec?.kind === 'flatMap' && !reportsItself) {
      this.lines.push(`at = ${index}`, `for (value of ${this.#name('flatMap', spec.flatMap)}(value)) {`)
      this.count(this.#parts.recordsOut[index])
      this.links(index, main)
      this.lines.push(`at = ${index} }`)
    } else if ((spec?.kind === 'aggregate' || spec?.kind === 'reduce') && !reportsItself) {
      this.#rolling(this.#parts.operators[index] as RollingOperator)
      this.count(this.#parts.recordsOut[index])
      this.links(index, main)
    } else if (spec?.kind === 'sink') {
      // As the operator does it, but from here: a call site in code that all sinks share knows no writer in particular.
      const sink = this.#name('sink', this.#parts.operators[index])
      this.lines.push('at = -1', `try { ${sink}.writer.write(value, timestamp) } catch (error) { ${sink}.failed(error, value, timestamp) }`)
    } else {
      this.lines.push('at = -1', `${this.#name('operator', this.#parts.operators[index])}.processElement(value, timestamp)`)
    }
  }

  /** As the operator does it: its calls of user functions, of the key and of the state are then known to this chain alone. */
  #rolling(operator: RollingOperator): void {
    const { keys, table, select, rolling } = operator
    const on = { operator: this.#name('rolling', operator), keys: this.#name('keys', keys), table: this.#name('table', table) }
    const accumulator = `accumulator${this.#saved++}`
    this.lines.push(
      `at = -1; ${on.keys}.clear()`,
      `try { ${on.keys}.use(${this.#name('select', select)}(value), value)`,
      `const old = ${on.table}.getForUpdate(${on.keys}.keyGroup, ${on.keys}.stateKey, null)`,
      `const ${accumulator} = old === undefined ? ${this.#name('first', rolling.first)}(value) : ${this.#name('add', rolling.add)}(value, old)`,
      `if (${accumulator} !== old) ${on.table}.put(${on.keys}.keyGroup, ${on.keys}.stateKey, null, ${accumulator})`,
    )
    const result = rolling.result === undefined ? accumulator : `${this.#name('result', rolling.result)}(${accumulator})`
    const row = rolling.finish === undefined ? result : `${this.#name('finish', rolling.finish)}(${result}, ${on.keys}.key)`
    this.lines.push(`value = ${row}`, `} catch (error) { ${on.operator}.failed(error, value, timestamp) }`)
  }

  #name(prefix: string, value: unknown): string {
    const name = `${prefix}${this.values.size}`
    this.values.set(name, value)
    return name
  }
}

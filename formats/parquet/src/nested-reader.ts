import type { TypeSchema } from '@millrace/core/spi'
import type { SchemaTree } from 'hyparquet'
import type { ColumnCursor } from './column-cursor.ts'
import { elementHook } from './element-hook.ts'
import { columnKind } from './file-schema.ts'
import { openLeaf } from './leaf-levels.ts'
import type { LeafLevels } from './leaf-levels.ts'
import { itemNode, mapNodes } from './nested-shape.ts'
import type { ParquetFile } from './open-file.ts'
import type { LeafColumn } from './page-decoder.ts'
import { columnMismatch, damaged } from './parquet-error.ts'
import { rowFactory } from './row-factory.ts'
import { INVALID, isSafe, valueParser } from './value-parser.ts'

const MAX_SKIPPED = 1000

/** Takes the next value of a node from the leaves below it. */
type Assemble = (leaves: readonly LeafLevels[]) => unknown

interface Node {
  readonly assemble: Assemble
  /** The leaves below, as numbers: they begin with `first`. */
  readonly first: number
  readonly end: number
}

/**
 * Reads a list, map or struct straight from definition and repetition levels (Dremel, Melnik et al. 2010; the format's
 * "Nested Encoding") into values of the type: no intermediate arrays, fields that the type lacks are not read.
 */
export class NestedReader {
  readonly #file: ParquetFile
  readonly #name: string
  readonly #sources: LeafColumn[] = []
  readonly #assemble: Assemble
  #invalid = false

  /** Throws PARQUET_COLUMNS. `root`: of the file's schema. */
  constructor(file: ParquetFile, root: SchemaTree, column: SchemaTree, type: TypeSchema) {
    this.#file = file
    this.#name = column.element.name
    this.#assemble = this.#node([root], column, type).assemble
  }

  /** The rows from `start` on, which lie in the row group `index`. */
  async open(index: number, start: number): Promise<ColumnCursor> {
    const group = this.#file.metadata.row_groups[index]
    const leaves = await Promise.all(
      this.#sources.map((source) => {
        const path = source.path.slice(1).map((node) => node.element.name)
        const chunk = group?.columns.find(({ meta_data: meta }) => meta?.path_in_schema.join('\0') === path.join('\0'))
        if (chunk === undefined) throw damaged(this.#file.path, `expected a column ${path.join('.')} in row group ${index}`)
        return openLeaf(this.#file, chunk, source)
      }),
    )
    const take = (count: number): readonly unknown[] => {
      // every row has an entry in every leaf: what a damaged footer promises is not made up
      if (!leaves.every((leaf) => leaf.prepare(count))) throw damaged(this.#file.path, `expected ${count} more rows of ${this.#name}, found fewer`)
      const rows: unknown[] = []
      for (let row = 0; row < count; row++) {
        this.#invalid = false
        const value = this.#assemble(leaves)
        rows.push(this.#invalid ? INVALID : value)
      }
      return rows
    }
    const skip = (count: number): void => {
      for (let left = count; left > 0; left -= MAX_SKIPPED) take(Math.min(left, MAX_SKIPPED))
    }
    skip(start - (this.#file.groupStarts[index] as number))
    return { sound: false, take, skip }
  }

  /** `path`: from the root to the node above. */
  #node(path: readonly SchemaTree[], node: SchemaTree, type: TypeSchema): Node {
    if (node.element.repetition_type === 'REPEATED') return this.#list(path, node, undefined, type)
    const nullable = type.kind === 'nullable'
    const of = nullable ? type.of : type
    const inner = [...path, node]
    if (node.element.repetition_type !== 'OPTIONAL') return this.#value(inner, node, of)
    const level = definitionLevel(inner)
    const { assemble, first, end } = this.#value(inner, node, of)
    if (node.children.length === 0) return { assemble: this.#nullableLeaf(level, nullable, assemble, first), first, end }
    return {
      first,
      end,
      assemble: (leaves) => {
        const leaf = leaves[first] as LeafLevels
        if (!((leaf.definition[leaf.at] as number) < level)) return assemble(leaves)
        if (!nullable) this.#invalid = true
        pass(leaves, first, end)
        return null
      },
    }
  }

  #nullableLeaf(level: number, nullable: boolean, assemble: Assemble, first: number): Assemble {
    return (leaves) => {
      const leaf = leaves[first] as LeafLevels
      if (leaf.definition[leaf.at] === level) return assemble(leaves)
      leaf.at++
      if (!nullable) this.#invalid = true
      return null
    }
  }

  #value(path: readonly SchemaTree[], node: SchemaTree, type: TypeSchema): Node {
    if (node.children.length === 0) return this.#leaf(path, node, type)
    const above = path
    if (type.kind === 'list') {
      const repeated = node.children[0]
      if (repeated !== undefined && node.children.length === 1 && repeated.element.repetition_type === 'REPEATED') return this.#list(above, repeated, itemNode(repeated), type)
    }
    if (type.kind === 'map') return this.#map(above, node, type)
    if (type.kind === 'row') return this.#struct(above, node, type.fields)
    throw this.#mismatch(`holds ${describeGroup(node)}, which cannot be read as ${type.kind}`)
  }

  #leaf(path: readonly SchemaTree[], node: SchemaTree, type: TypeSchema): Node {
    const kind = columnKind(node)
    const parser = kind === 'nested' ? valueParserOfRepeated(node, type) : valueParser(kind, node.element.scale ?? 0, type)
    if (parser === undefined) throw this.#mismatch(`holds ${kind} in ${node.path.join('.')}, which cannot be read as ${type.kind}`)
    const { annotation, parsers } = elementHook(node.element, kind, parser)
    const first = this.#sources.length
    this.#sources.push({ path, parsing: { parse: parser, safeIntegers: isSafe(kind, type) }, annotation, parsers })
    return {
      first,
      end: first + 1,
      assemble: (leaves) => {
        const leaf = leaves[first] as LeafLevels
        leaf.at++
        const value = leaf.values[leaf.valueAt++]
        if (value === INVALID || value === undefined) this.#invalid = true
        return value
      },
    }
  }

  /** `item` undefined: the repeated node itself is the item. */
  #list(above: readonly SchemaTree[], repeated: SchemaTree, item: SchemaTree | undefined, type: TypeSchema): Node {
    if (type.kind !== 'list') throw this.#mismatch(`holds a list, which cannot be read as ${type.kind}`)
    const path = [...above, repeated]
    const { assemble, first, end } = item === undefined ? this.#value(path, repeated, type.of.kind === 'nullable' ? type.of.of : type.of) : this.#node(path, item, type.of)
    return this.#repeated(path, first, end, (leaves, items: unknown[]) => items.push(assemble(leaves)), () => [])
  }

  #map(above: readonly SchemaTree[], node: SchemaTree, type: Extract<TypeSchema, { kind: 'map' }>): Node {
    const nodes = mapNodes(node)
    if (nodes === undefined) throw this.#mismatch(`holds ${describeGroup(node)}, which cannot be read as map`)
    const path = [...above, nodes.repeated]
    const key = this.#node(path, nodes.key, type.key)
    const value = this.#node(path, nodes.value, type.value)
    return this.#repeated(path, key.first, value.end, (leaves, entries: Map<unknown, unknown>) => entries.set(key.assemble(leaves), value.assemble(leaves)), () => new Map())
  }

  #repeated<C>(path: readonly SchemaTree[], first: number, end: number, add: (leaves: readonly LeafLevels[], into: C) => void, create: () => C): Node {
    const definition = definitionLevel(path)
    const repetition = path.filter((node) => node.element.repetition_type === 'REPEATED').length
    return {
      first,
      end,
      assemble: (leaves) => {
        const leaf = leaves[first] as LeafLevels
        const items = create()
        if ((leaf.definition[leaf.at] as number) < definition) {
          pass(leaves, first, end)
          return items
        }
        do add(leaves, items)
        while (leaf.repetition[leaf.at] === repetition)
        return items
      },
    }
  }

  #struct(path: readonly SchemaTree[], node: SchemaTree, fields: Extract<TypeSchema, { kind: 'row' }>['fields']): Node {
    const first = this.#sources.length
    const children = fields.map(({ name, type }) => {
      const child = node.children.find(({ element }) => element.name === name)
      if (child === undefined) throw this.#mismatch(`needs a field ${name} in ${node.path.join('.')}, found ${node.children.map(({ element }) => element.name).join(', ')}`)
      return this.#node(path, child, type)
    })
    const make = rowFactory(fields.map(({ name }) => name))
    const end = this.#sources.length
    return { first, end, assemble: (leaves) => make(children.map(({ assemble }) => [assemble(leaves)]), 0) }
  }

  #mismatch(what: string): Error {
    return columnMismatch(this.#file.path, this.#name, `the column ${this.#name} ${what}`)
  }
}

/** Nothing of the node is there: each leaf has one entry that says so. */
function pass(leaves: readonly LeafLevels[], first: number, end: number): void {
  for (let index = first; index < end; index++) (leaves[index] as LeafLevels).at++
}

function definitionLevel(path: readonly SchemaTree[]): number {
  return path.slice(1).filter((node) => node.element.repetition_type !== 'REQUIRED').length
}

/** A repeated leaf is one value of a list that has no group around it. */
function valueParserOfRepeated(node: SchemaTree, type: TypeSchema): ReturnType<typeof valueParser> {
  const single = { ...node, element: { ...node.element, repetition_type: 'REQUIRED' as const } }
  return valueParser(columnKind(single), node.element.scale ?? 0, type)
}

function describeGroup({ children }: SchemaTree): string {
  return `a group of ${children.map(({ element }) => element.name).join(', ')}`
}

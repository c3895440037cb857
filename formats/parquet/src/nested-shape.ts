import type { TypeSchema } from '@millrace/core/spi'
import type { SchemaTree } from 'hyparquet'
import { columnKind, naturalLeafType } from './file-schema.ts'

/**
 * The items of a list below its repeated node, or undefined if that node is the item itself, as older writers had it (the
 * format's LogicalTypes.md, "Backward-compatibility rules").
 */
export function itemNode(repeated: SchemaTree): SchemaTree | undefined {
  const { children, element } = repeated
  const [only] = children
  if (children.length !== 1 || only === undefined || only.element.repetition_type === 'REPEATED') return undefined
  return element.name === 'array' || element.name.endsWith('_tuple') ? undefined : only
}

export interface MapNodes {
  readonly repeated: SchemaTree
  readonly key: SchemaTree
  readonly value: SchemaTree
}

/** Of a group that is annotated as a map and has a key and a value; undefined for others. */
export function mapNodes({ element, children }: SchemaTree): MapNodes | undefined {
  const [repeated] = children
  const annotated = element.converted_type === 'MAP' || element.converted_type === 'MAP_KEY_VALUE' || element.logical_type?.type === 'MAP'
  if (!annotated || children.length !== 1 || repeated?.element.repetition_type !== 'REPEATED') return undefined
  const [key, value] = repeated.children
  return key === undefined || value === undefined ? undefined : { repeated, key, value }
}

/** The type a column is read as when nobody names one. */
export function naturalType(node: SchemaTree): TypeSchema {
  const { repetition_type: repetition } = node.element
  if (repetition === 'REPEATED') return { kind: 'list', of: valueType(node) }
  const type = valueType(node)
  return repetition === 'OPTIONAL' ? { kind: 'nullable', of: type } : type
}

function valueType(node: SchemaTree): TypeSchema {
  const { children, element } = node
  if (children.length === 0) return naturalLeafType(node.element.repetition_type === 'REPEATED' ? { ...node, element: { ...element, repetition_type: 'REQUIRED' } } : node)
  if (isVariant(node)) return { kind: 'generic' }
  const map = mapNodes(node)
  if (map !== undefined) return { kind: 'map', key: naturalType(map.key), value: naturalType(map.value) }
  const [repeated] = children
  if ((element.converted_type === 'LIST' || element.logical_type?.type === 'LIST') && children.length === 1 && repeated?.element.repetition_type === 'REPEATED') {
    const item = itemNode(repeated)
    return { kind: 'list', of: item === undefined ? valueType(repeated) : naturalType(item) }
  }
  return { kind: 'row', fields: children.map((child) => ({ name: child.element.name, type: naturalType(child) })) }
}

/** Values of any kind in a binary encoding of their own, which hyparquet decodes. */
export function isVariant({ element }: SchemaTree): boolean {
  return element.logical_type?.type === 'VARIANT'
}

/** Whether a column has levels of its own: lists, maps and structs. */
export function isNested(node: SchemaTree): boolean {
  return columnKind(node) === 'nested'
}

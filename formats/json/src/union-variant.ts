import type { TypeSchema } from '@millrace/core/spi'

/** Which row of a union a value is: the one all of whose enum fields take its values. −1 for none. */
export function variantOf(rows: readonly TypeSchema[], value: unknown): number {
  if (typeof value !== 'object' || value === null) return -1
  const members = value as Readonly<Record<string, unknown>>
  return rows.findIndex((row) => row.kind === 'row' && row.fields.every(({ name, type }) => type.kind !== 'enum' || type.values.includes(members[name] as string)))
}

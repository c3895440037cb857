/** Values of 100 bytes, made before: what is measured is writing them. */
export const VALUES: readonly Buffer[] = Array.from({ length: 10_000 }, (_, index) => Buffer.from(`{"id":${String(index).padStart(10, '0')},"text":"${'x'.repeat(74)}"}`))

export function valueOf(index: number): Buffer {
  return VALUES[index % VALUES.length] as Buffer
}

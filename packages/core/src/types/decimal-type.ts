import { MillraceError } from '../errors.ts'
import { defineType } from './define-type.ts'
import { typeMismatch } from './type-mismatch.ts'
import type { TypeInformation } from './type-information.ts'

/**
 * An exact decimal number of at most `precision` digits, `scale` of them after the point (0 ≤ scale ≤ precision, precision ≥ 1).
 *
 * Its values are strings in one normal form, so that equal numbers are equal strings: exactly `scale` fraction digits, at
 * least one digit before the point, no superfluous zero, no `+`, no `-0`. `decimal(5, 2)` holds `'12.30'` and `'-0.05'`.
 * Written as the bigint value × 10^scale.
 */
export function decimal(precision: number, scale: number): TypeInformation<string> {
  if (!(Number.isInteger(precision) && precision >= 1 && Number.isInteger(scale) && scale >= 0 && scale <= precision)) {
    const message = `expected decimal(precision, scale) with whole numbers, precision ≥ 1 and 0 ≤ scale ≤ precision, found decimal(${precision}, ${scale})`
    throw new MillraceError('CORE_INVALID_TYPE', message, { origin: 'user' })
  }
  const normalForm = new RegExp(`^-?(?:0|[1-9]\\d*)${scale === 0 ? '' : `\\.\\d{${scale}}`}$`)
  const limit = 10n ** BigInt(precision)
  const expected = `a decimal string of at most ${precision} digits with exactly ${scale} after the point`
  return defineType<string>(
    { kind: 'decimal', precision, scale },
    {
      id: 'decimal',
      version: 1,
      write(value, output) {
        if (typeof value !== 'string' || !normalForm.test(value)) throw typeMismatch(expected, value, `for example '${formatUnscaled(0n, scale)}'`)
        const unscaled = BigInt(scale === 0 ? value : value.replace('.', ''))
        if (unscaled >= limit || unscaled <= -limit || (unscaled === 0n && value.startsWith('-'))) throw typeMismatch(expected, value)
        output.writeBigInt(unscaled)
      },
      read: (input) => formatUnscaled(input.readBigInt(), scale),
    },
  )
}

/** The normal form of `unscaled` × 10^−scale; formats use it to turn scaled integers into decimal values. */
export function formatUnscaled(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, point)}${scale === 0 ? '' : `.${digits.slice(point)}`}`
}

export type DurationUnit = 'ms' | 's' | 'min' | 'h' | 'd'
/** A length of time, such as `'500ms'`, `'10s'`, `'15min'`, `'6h'`, `'1d'`. */
export type Duration = `${number}${DurationUnit}`

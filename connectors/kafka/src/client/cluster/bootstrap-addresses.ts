import { MillraceError } from '@millrace/core/spi'

/** Of the option `brokers`: `host:port`, also `[::1]:9092`, separated by commas or as a list. */
export function bootstrapAddresses(brokers: string | readonly string[]): readonly { readonly host: string; readonly port: number }[] {
  const texts = (typeof brokers === 'string' ? brokers.split(',') : brokers).map((text) => text.trim()).filter((text) => text !== '')
  if (texts.length === 0) throw invalid('nothing')
  return texts.map((text) => {
    const [, host, port] = /^\[?([^[\]/@\s]+?)\]?:(\d{1,5})$/.exec(text) ?? []
    if (host === undefined || Number(port) > 65_535) throw invalid(`'${text}'`)
    return { host, port: Number(port) }
  })
}

function invalid(found: string): MillraceError {
  return new MillraceError('KAFKA_OPTION', `Option \`brokers\` must name at least one broker as 'host:port', found ${found}.`, { origin: 'user' })
}

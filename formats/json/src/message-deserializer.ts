import { MillraceError } from '@millrace/core/spi'
import type { MessageDeserializer } from '@millrace/core/spi'
import { LineDecoder } from './line-decoder.ts'
import type { Decoding } from './line-decoder.ts'

/** A message is one JSON value, which may have line breaks in it. */
export function messageDeserializer<T>(decoding: Decoding): MessageDeserializer<T> {
  const decoder = new LineDecoder(decoding)
  const utf8 = new TextDecoder('utf-8', { fatal: true })
  return {
    deserialize(bytes, output) {
      let text: string
      try {
        text = utf8.decode(bytes)
      } catch (cause) {
        throw new MillraceError('JSON_ENCODING', 'The message is not UTF-8', { origin: 'external', cause })
      }
      const value = decoder.decodeText(text, true)
      if (value !== undefined) {
        if (decoder.many) for (const each of value as readonly T[]) output.collect(each)
        else output.collect(value as T)
      } else if (decoder.failure !== undefined) {
        const { code, reason, field } = decoder.failure
        throw new MillraceError(code, reason, { origin: 'external', at: field === null ? {} : { field } })
      }
    },
  }
}

import type { ProtocolMessage } from './protocol-message.ts'

/** What the broker offers; error 33 if that is not among it. */
export interface SaslHandshakeResponse {
  readonly errorCode: number
  readonly mechanisms: readonly string[]
}

/** Version 1: what follows are SaslAuthenticate requests (KIP-152). */
export const saslHandshake: ProtocolMessage<{ readonly mechanism: string }, SaslHandshakeResponse> = {
  name: 'SaslHandshake',
  apiKey: 17,
  version: 1,
  encode: ({ mechanism }, writer) => writer.string(mechanism),
  decode: (reader) => ({ errorCode: reader.int16(), mechanisms: reader.array(() => reader.string()) }),
}

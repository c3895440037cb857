import type { ProtocolMessage } from './protocol-message.ts'
import type { ProtocolReader } from './protocol-reader.ts'

export interface SaslAuthenticateResponse {
  readonly errorCode: number
  readonly errorMessage: string | null
  /** What the mechanism makes of it is its business. */
  readonly answer: Buffer
  /** When the login has to be repeated, from now (KIP-368); 0: never. */
  readonly sessionLifetimeMs: number
}

interface SaslAuthenticateRequest {
  readonly message: Uint8Array
}

/** Since Kafka 2.2. */
export const saslAuthenticate: ProtocolMessage<SaslAuthenticateRequest, SaslAuthenticateResponse> = inVersion(1, (reader) => reader.int64())
export const saslAuthenticateV0: ProtocolMessage<SaslAuthenticateRequest, SaslAuthenticateResponse> = inVersion(0, () => 0)

function inVersion(version: number, lifetimeOf: (reader: ProtocolReader) => number): ProtocolMessage<SaslAuthenticateRequest, SaslAuthenticateResponse> {
  return {
    name: 'SaslAuthenticate',
    apiKey: 36,
    version,
    encode: ({ message }, writer) => writer.bytes32(message),
    decode: (reader) => ({ errorCode: reader.int16(), errorMessage: reader.nullableString(), answer: reader.bytes32(), sessionLifetimeMs: lifetimeOf(reader) }),
  }
}

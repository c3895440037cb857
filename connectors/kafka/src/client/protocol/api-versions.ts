import type { ProtocolMessage } from './protocol-message.ts'

export interface ApiVersionsResponse {
  readonly errorCode: number
  readonly versions: readonly { readonly apiKey: number; readonly minVersion: number; readonly maxVersion: number }[]
}

export const apiVersions: ProtocolMessage<void, ApiVersionsResponse> = {
  name: 'ApiVersions',
  apiKey: 18,
  version: 0,
  encode() {},
  decode: (reader) => ({
    errorCode: reader.int16(),
    versions: reader.array(() => ({ apiKey: reader.int16(), minVersion: reader.int16(), maxVersion: reader.int16() })),
  }),
}

import { SASL_USER } from './server-properties.ts'

/** A bearer token that brokers of tests take for so long: a JSON Web Token without a signature. */
export function unsecuredToken(lifetimeMs: number): string {
  const issuedS = Math.floor(Date.now() / 1000)
  const part = (content: object): string => Buffer.from(JSON.stringify(content)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ sub: SASL_USER.username, iat: issuedS, exp: Date.now() / 1000 + lifetimeMs / 1000 })}.`
}

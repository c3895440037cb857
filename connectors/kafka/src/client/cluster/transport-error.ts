import { describeError, MillraceError } from '@millrace/core/spi'

/** Turns what a connection throws into the error that says whether trying again can help. */
export function transportError(error: unknown, broker: string, doing: string): MillraceError {
  if (MillraceError.is(error)) return error
  const { code } = error as { readonly code?: unknown }
  if (typeof code === 'string' && /^ERR_TLS_|^ERR_SSL_|CERT|SELF_SIGNED/.test(code)) {
    return new MillraceError(
      'KAFKA_TLS',
      `No secure connection to broker ${broker}: ${describeError(error)} (${code}). Check \`tls\`: the broker's certificate must be trusted (\`ca\`) and name this host.`,
      {
        origin: 'user',
        cause: error,
      },
    )
  }
  return new MillraceError('KAFKA_UNAVAILABLE', `Broker ${broker} did not answer (${doing}): ${describeError(error)}.`, { origin: 'external', retryable: true, cause: error })
}

export function authenticationError(broker: string, reason: string, cause?: unknown): MillraceError {
  return new MillraceError('KAFKA_AUTHENTICATION', `Broker ${broker} refused the login: ${reason}. Check \`sasl\`: mechanism, user and secret.`, { origin: 'user', cause })
}

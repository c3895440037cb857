let allowed: boolean | undefined

/** False where the embedder forbids code generation from strings. */
export function canCompile(): boolean {
  return (allowed ??= compiles())
}

function compiles(): boolean {
  try {
    return new Function('return true')() === true
  } catch {
    return false
  }
}

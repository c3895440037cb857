/** Whether this process may turn text into functions; not under `--disallow-code-generation-from-strings`. */
export function mayGenerateCode(): boolean {
  try {
    new Function('')
    return true
  } catch {
    return false
  }
}

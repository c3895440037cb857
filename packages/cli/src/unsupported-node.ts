/** The oldest Node that runs a `.ts` job file as it is, and so what the packages declare as their engine. */
const OLDEST: readonly [major: number, minor: number] = [22, 18]

/** What to tell whoever runs the command on too old a Node (`process.versions.node`), or nothing. */
export function unsupportedNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return undefined
  return `millrace expects Node ${OLDEST.join('.')} or later, which runs .ts files as they are; found ${version}. Install a newer Node, or add one to this project alone: npm install --save-dev node@24`
}

import { describeError, MillraceError, type ErrorLocation } from '../errors.ts'

const ADVICE: Readonly<Record<MillraceError['origin'], string>> = {
  user: 'Change the job, its options or its input as said above.',
  external: 'Something outside the process failed; mend it and run again.',
  engine: 'This is a defect of Millrace. Please report it with the output of --log-level debug.',
}

/** Of what no boundary of the engine has caught, but came out of the job's code or a connector of its project. */
const OWN_CODE = 'Mend the code at the place above. If it is not to blame, this is a defect of Millrace: please report it with the output of --log-level debug.'

/**
 * An error as people read it: code and message, place, remedy, and the chain of causes, each once. Stacks only if asked for;
 * without them the first line of the job's own code that was involved is shown.
 */
export function printError(error: unknown, options: { readonly stacks: boolean }): string {
  const chain = causeChain(error)
  const place = placeOf(error, chain)
  const advice = adviceFor(error, chain)
  const causes = chain.slice(1).filter((cause, i) => !headline(chain[i]).includes(describeError(cause)))
  let text = `error ${headline(error)}\n`
  if (place !== '') text += `  at: ${place}\n`
  if (advice !== '') text += `  remedy: ${advice}\n`
  for (const cause of causes) text += `  caused by: ${headline(cause)}\n`
  if (options.stacks) for (const link of chain) if (link instanceof Error) text += `${link.stack ?? ''}\n`
  return text
}

/** Messages about the command line say themselves what to type. */
function adviceFor(error: unknown, chain: readonly unknown[]): string {
  if (!MillraceError.is(error)) return 'This error was not expected; --log-level debug shows where it comes from.'
  if (error.code.startsWith('CLI_')) return ''
  return error.origin === 'engine' && isOwn(framesOf(chain)[0]) ? OWN_CODE : ADVICE[error.origin]
}

function headline(error: unknown): string {
  if (MillraceError.is(error)) return `${error.code}: ${error.message}`
  return error instanceof Error ? `${error.name}: ${error.message}` : describeError(error)
}

function causeChain(error: unknown): readonly unknown[] {
  const chain: unknown[] = []
  for (let link: unknown = error; link !== undefined && !chain.includes(link); link = link instanceof Error ? link.cause : undefined) chain.push(link)
  return chain
}

function placeOf(error: unknown, chain: readonly unknown[]): string {
  const parts = MillraceError.is(error) ? describeLocation(error.at) : []
  const frame = framesOf(chain).find(isOwn)
  if (frame !== undefined) parts.push(decodeURIComponent(new URL(frame).pathname))
  return parts.join(', ')
}

function describeLocation(at: ErrorLocation): string[] {
  const file = at.file === undefined ? [] : [at.line === undefined ? at.file : `${at.file}:${at.line}`]
  const named = (['operator', 'uid', 'subtask', 'offset', 'field', 'key', 'record'] as const).flatMap((name) => {
    const value = at[name]
    return value === undefined ? [] : [`${name} ${value}`]
  })
  return at.file === undefined && at.line !== undefined ? [`line ${at.line}`, ...named] : [...file, ...named]
}

/** Of what was thrown first, without the frames of Node: `file:///job.ts:7`. */
function framesOf(chain: readonly unknown[]): readonly string[] {
  const thrown = chain.findLast((link) => link instanceof Error && !MillraceError.is(link))
  const lines = thrown instanceof Error ? (thrown.stack ?? '').split('\n') : []
  return lines.flatMap((line) => /(file:\/\/[^\s)]+:\d+):\d+\)?$/.exec(line)?.[1] ?? [])
}

/** Code outside node_modules and the engine. */
function isOwn(frame: string | undefined): boolean {
  return frame !== undefined && !frame.includes('/node_modules/') && !frame.startsWith(new URL('..', import.meta.url).href)
}

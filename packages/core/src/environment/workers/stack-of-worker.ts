import type { Session } from 'node:inspector'

/** Where a thread is that does not return. */
export interface WorkerStack {
  /** `function (file:line)`, the innermost first. */
  readonly frames: readonly string[]
  /** Index in its chain of the operator whose function is running, if compiled code called it. */
  readonly operator: number | undefined
}

interface CallFrame {
  readonly callFrameId: string
  readonly functionName: string
  readonly location: { readonly scriptId: string; readonly lineNumber: number }
}

const MOST_FRAMES = 12
/** The name that compiled chains give themselves. */
const CHAIN = /^millrace-chain-/
/** `[worker 5] its name`; `workerId` is no thread id but counts what this session has been told of. */
const THREAD_OF_TITLE = /\bworker (\d+)/i

/**
 * Interrupts a worker, also one in an endless loop, reads its stack through the inspector, and lets it go on. Undefined when
 * that does not succeed within `timeoutMs`: the thread is in native code, or the inspector is not available.
 */
export async function stackOfWorker(threadId: number, timeoutMs: number): Promise<WorkerStack | undefined> {
  const inspector = await import('node:inspector').catch(() => undefined)
  if (inspector === undefined) return undefined
  const session = new inspector.Session()
  session.connect()
  const timeout = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => timeout.resolve(undefined), timeoutMs)
  // A thread that is interrupted too late must still be let go on: the session ends only then, or with the thread.
  const stack = pausedStack(session, threadId).finally(() => session.disconnect())
  try {
    return await Promise.race([stack, timeout.promise])
  } finally {
    clearTimeout(timer)
  }
}

async function pausedStack(session: Session, threadId: number): Promise<WorkerStack | undefined> {
  const { send, on, detached } = await attach(session, threadId)
  const urls = new Map<string, string>()
  const paused = Promise.withResolvers<readonly CallFrame[] | undefined>()
  void detached.then(() => paused.resolve(undefined))
  on((method, params) => {
    if (method === 'Debugger.scriptParsed') urls.set(String(params['scriptId']), String(params['url']))
    else if (method === 'Debugger.paused') paused.resolve(params['callFrames'] as readonly CallFrame[])
  })
  void send('Debugger.enable')
  void send('Debugger.pause')
  const frames = await paused.promise
  if (frames === undefined) return undefined
  const urlOf = ({ location }: CallFrame): string => urls.get(location.scriptId) ?? ''
  const chain = frames.find((frame) => CHAIN.test(urlOf(frame)))
  const at = chain === undefined ? undefined : await send('Debugger.evaluateOnCallFrame', { callFrameId: chain.callFrameId, expression: 'at', returnByValue: true })
  const value = (at?.['result'] as { readonly value?: unknown } | undefined)?.value
  void send('Debugger.resume')
  await send('Debugger.disable')
  // A loop that optimized code is in may be left before the thread can be interrupted: then the place says nothing.
  if (!frames.some((frame) => !urlOf(frame).startsWith('node:'))) return undefined
  return {
    frames: frames.slice(0, MOST_FRAMES).map((frame) => `${frame.functionName || '(anonymous)'} (${urlOf(frame)}:${frame.location.lineNumber + 1})`),
    operator: typeof value === 'number' && value >= 0 ? value : undefined,
  }
}

interface AttachedWorker {
  /** Resolves when the thread has ended. */
  readonly detached: Promise<void>
  /** The answer; an empty one when the thread ends before. */
  send(method: string, params?: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>
  on(listener: (method: string, params: Readonly<Record<string, unknown>>) => void): void
}

/** The inspector protocol of one worker, tunnelled through that of the main thread. */
async function attach(session: Session, threadId: number): Promise<AttachedWorker> {
  const attached = Promise.withResolvers<string>()
  session.on('NodeWorker.attachedToWorker', ({ params }) => {
    if (THREAD_OF_TITLE.exec(params.workerInfo.title)?.[1] === String(threadId)) attached.resolve(params.sessionId)
  })
  session.post('NodeWorker.enable', { waitForDebuggerOnStart: false })
  const sessionId = await attached.promise
  const detached = Promise.withResolvers<void>()
  session.on('NodeWorker.detachedFromWorker', ({ params }) => {
    if (params.sessionId === sessionId) detached.resolve()
  })
  const answers = new Map<number, (result: Readonly<Record<string, unknown>>) => void>()
  let listener: Parameters<AttachedWorker['on']>[0] = () => {}
  let nextId = 1
  session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
    if (params.sessionId !== sessionId) return
    const message = JSON.parse(params.message) as { readonly id?: number; readonly method?: string; readonly params?: Readonly<Record<string, unknown>>; readonly result?: Readonly<Record<string, unknown>> }
    if (message.id !== undefined) answers.get(message.id)?.(message.result ?? {})
    else if (message.method !== undefined) listener(message.method, message.params ?? {})
  })
  return {
    detached: detached.promise,
    send: (method, params = {}) =>
      new Promise((resolve) => {
        const id = nextId++
        answers.set(id, resolve)
        void detached.promise.then(() => resolve({}))
        session.post('NodeWorker.sendMessageToWorker', { sessionId, message: JSON.stringify({ id, method, params }) })
      }),
    on: (added) => void (listener = added),
  }
}

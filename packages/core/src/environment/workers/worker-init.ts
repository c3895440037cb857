import { MillraceError } from '../../errors.ts'
import type { OptimizerOptions } from '../../optimizer/optimize.ts'
import type { ExecutorId } from '../../runtime/protocol.ts'
import type { TaskSettings } from '../../runtime/task/task-environment.ts'
import type { JsonValue } from '../../spi/json-value.ts'
import type { RunOptions } from '../run-options.ts'
import type { JobAddress } from './job-address.ts'

/** All that a worker needs to host tasks of a job: plain data. */
export interface WorkerInit {
  readonly executor: ExecutorId
  readonly job: { readonly moduleUrl: string; readonly params: unknown; readonly configUrl: string | undefined }
  /** The plan of the coordinator, to compare with. */
  readonly plan: JsonValue
  readonly planHash: string
  readonly optimizer: OptimizerOptions
  readonly settings: TaskSettings
  /** Undefined: the heap. */
  readonly stateBackend: 'config' | undefined
  /** `config`, the path or URL of a file storage, or undefined for a job without checkpoints. */
  readonly storage: 'config' | { readonly path: string } | undefined
  readonly heartbeatIntervalMs: number
  /** One cell: the task that is being stepped, as `currentTask` reads it. */
  readonly activity: SharedArrayBuffer
}

/** Which of the options a worker has to take from the configuration module. Throws CORE_WORKERS_NEED_CONFIG for what is not there. */
export function takenFromConfig(options: RunOptions, { config }: JobAddress): Pick<WorkerInit, 'stateBackend'> & { readonly storage: 'config' | undefined } {
  const settings = config?.settings
  const { stateBackend, fileSystems = [], checkpoints } = options
  if (stateBackend !== undefined && stateBackend !== settings?.stateBackend) throw notInConfig('stateBackend')
  const unknown = fileSystems.find((fileSystem) => settings?.fileSystems?.includes(fileSystem) !== true)
  if (unknown !== undefined) throw notInConfig('fileSystems')
  const storage = typeof checkpoints?.storage === 'object' ? checkpoints.storage : undefined
  if (storage !== undefined && storage !== settings?.checkpoints?.storage) throw notInConfig('checkpoints.storage')
  if (storage?.durable === false) {
    const message = 'Checkpoints in the memory of one thread cannot be written by others. Leave checkpoints.storage out, name a directory, or run without workers'
    throw new MillraceError('CORE_WORKERS_NEED_CONFIG', message, { origin: 'user' })
  }
  return { stateBackend: stateBackend === undefined ? undefined : 'config', storage: storage === undefined ? undefined : 'config' }
}

function notInConfig(option: string): MillraceError {
  const message = `The option ${option} was given in code, where worker threads cannot find it: an object with functions cannot be sent to them. Put it into millrace.config.ts (for submit: the module named by the option config), or run without workers`
  return new MillraceError('CORE_WORKERS_NEED_CONFIG', message, { origin: 'user' })
}

import type { Fault, FaultyProxy } from '../../services/s3/faulty-proxy.ts'

/** The first `times` requests for `operation` meet `fault`, the others nothing. */
export function failing(proxy: FaultyProxy, operation: string, fault: Fault, times = 1): void {
  let left = times
  proxy.fault = (request) => (request.operation === operation && left-- > 0 ? fault : undefined)
}

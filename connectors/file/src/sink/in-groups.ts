/** Enough to hide the latency of a disk or an object store without opening hundreds of requests. */
const AT_ONCE = 16

/** Does `action` for every item, some at a time. Always waits for what it has begun, then throws the first failure. */
export async function inGroups<V>(items: readonly V[], action: (item: V) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += AT_ONCE) {
    const results = await Promise.allSettled(items.slice(start, start + AT_ONCE).map(action))
    const failed = results.find((result) => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }
}

/** Stands for a remote service: answers every request in the next turn of the event loop. */
export function createService(): (amount: number) => Promise<number> {
  let waiting: (() => void)[] = []
  const answerAll = (): void => {
    const answers = waiting
    waiting = []
    for (const answer of answers) answer()
  }
  return (amount) =>
    new Promise((resolve) => {
      if (waiting.length === 0) setImmediate(answerAll)
      waiting.push(() => resolve(amount + 1))
    })
}

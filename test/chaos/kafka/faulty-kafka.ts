import { setTimeout as sleep } from 'node:timers/promises'
import { startKafkaBroker, type KafkaBroker } from '../../services/kafka/kafka-broker.ts'
import { KAFKA_VERSIONS } from '../../services/kafka/kafka-distribution.ts'
import { mix, randomFrom } from '../random.ts'

/** A broker that is killed by SIGKILL now and then, and started again. */
export interface FaultyKafka {
  readonly broker: KafkaBroker
  readonly brokerKills: number
  /** Runs `body` while the broker is left alone. */
  inPeace<T>(body: () => Promise<T>): Promise<T>
}

const MIN_LIFE_MS = 4000
const MAX_LIFE_MS = 12_000

/** For as long as `body` runs. */
export async function withFaultyKafka(seed: number, body: (faulty: FaultyKafka) => Promise<void>): Promise<void> {
  const broker = await startKafkaBroker(KAFKA_VERSIONS[0])
  const random = randomFrom(mix(seed, 4))
  const ended = new AbortController()
  let brokerKills = 0
  /** A kill and the start after it, or those who want peace: one after the other. */
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const mine = turn.then(run)
    turn = mine.catch(() => undefined)
    return mine
  }
  const killNowAndThen = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      await sleep(MIN_LIFE_MS + random() * (MAX_LIFE_MS - MIN_LIFE_MS), undefined, { signal: ended.signal }).catch(() => undefined)
      if (ended.signal.aborted) return
      await inTurn(async () => {
        await broker.kill()
        brokerKills++
        await broker.restart()
      })
    }
  }
  const killing = killNowAndThen()
  try {
    await body({
      broker,
      get brokerKills() {
        return brokerKills
      },
      inPeace: inTurn,
    })
  } finally {
    ended.abort()
    await killing
    await broker.stop()
  }
}

import { describe, expect, test } from 'vitest'
import { WaitCell, wakeCell } from '../../../src/runtime/network/wait-cell.ts'

interface Sleeper {
  readonly words: Int32Array
  readonly cell: WaitCell
  readonly woken: Promise<void>
  wakes: number
}

function sleeper(): Sleeper {
  const words = new Int32Array(new SharedArrayBuffer(64))
  const { promise, resolve } = Promise.withResolvers<void>()
  const state: Sleeper = {
    words,
    wakes: 0,
    woken: promise,
    cell: new WaitCell(words, 3, () => {
      state.wakes++
      resolve()
    }),
  }
  return state
}

const never = (): boolean => false
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('wait cell', () => {
  test('calls back once after a wake-up, and not before', async () => {
    const state = sleeper()
    expect(state.cell.sleep(never)).toBe(true)
    expect(state.cell.sleep(never)).toBe(true)
    await turn()
    expect(state.wakes).toBe(0)
    wakeCell(state.words, 3)
    wakeCell(state.words, 3)
    expect(state.wakes).toBe(0)
    await state.woken
    await turn()
    expect(state.wakes).toBe(1)
    expect(state.cell.sleep(never)).toBe(true)
    state.cell.close()
  })

  test('does not sleep when what it waits for has come', async () => {
    const state = sleeper()
    expect(state.cell.sleep(() => true)).toBe(false)
    wakeCell(state.words, 3)
    await turn()
    expect(state.wakes).toBe(0)
  })

  test('misses no wake-up between its last look and falling asleep', () => {
    const state = sleeper()
    const lookThenWake = (): boolean => {
      wakeCell(state.words, 3)
      return false
    }
    expect(state.cell.sleep(lookThenWake)).toBe(false)
  })

  test('says while it waits whether it still has to', () => {
    const state = sleeper()
    state.cell.sleep(never)
    expect(state.cell.sleep(() => true)).toBe(false)
    state.cell.close()
  })

  test('calls nobody once it is closed', async () => {
    const state = sleeper()
    state.cell.sleep(never)
    state.cell.close()
    await turn()
    await turn()
    expect(state.wakes).toBe(0)
    expect(state.cell.sleep(never)).toBe(true)
    expect(Atomics.load(state.words, 3)).toBe(0)
  })
})

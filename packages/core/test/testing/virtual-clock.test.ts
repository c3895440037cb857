import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createVirtualClock } from '../../src/testing/virtual-clock.ts'

describe('createVirtualClock', () => {
  test('time moves by hand only, and fires in order of time, then of scheduling', async () => {
    const clock = createVirtualClock(1000)
    const fired: string[] = []
    const note = (name: string) => () => void fired.push(`${name}@${clock.now()}`)
    clock.schedule(20, note('b'))
    clock.schedule(10, note('a'))
    clock.schedule(20, note('c'))
    clock.schedule(21, note('late'))
    await clock.advance(0)
    expect([clock.now(), fired]).toEqual([1000, []])
    await clock.advance(20)
    expect([clock.now(), fired]).toEqual([1020, ['a@1010', 'b@1020', 'c@1020']])
  })
  test('what was taken back does not fire, even when taken back by what fires at the same time', async () => {
    const clock = createVirtualClock()
    const fired: string[] = []
    let cancelSecond = (): void => {}
    clock.schedule(5, () => {
      fired.push('first')
      cancelSecond()
    })
    cancelSecond = clock.schedule(5, () => fired.push('second'))
    clock.schedule(6, () => fired.push('third'))()
    await clock.advance(10)
    expect(fired).toEqual(['first'])
  })
  test('what a timer causes happens before later timers', async () => {
    const clock = createVirtualClock()
    const log: string[] = []
    clock.schedule(1, () => clock.immediate(() => void Promise.resolve().then(() => log.push(`caused at ${clock.now()}`))))
    clock.schedule(2, () => log.push('later timer'))
    clock.schedule(1, () => clock.schedule(0, () => log.push('scheduled by a timer')))
    await clock.advance(5)
    expect(log).toEqual(['caused at 1', 'scheduled by a timer', 'later timer'])
  })
  test('waits for files before time moves', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'millrace-clock-'))
    try {
      const clock = createVirtualClock()
      const log: string[] = []
      clock.schedule(1, () => {
        void (async () => {
          await writeFile(join(directory, 'f'), 'x'.repeat(1_000_000))
          log.push(`read ${(await readFile(join(directory, 'f'))).length}`)
        })()
      })
      clock.schedule(2, () => log.push('later'))
      await clock.advance(2)
      expect(log).toEqual(['read 1000000', 'later'])
    } finally {
      await rm(directory, { recursive: true })
    }
  })
  test('runUntil moves time until the work is done, and no further', async () => {
    const clock = createVirtualClock()
    const work = (async () => {
      for (let step = 0; step < 3; step++) await new Promise<void>((resolve) => clock.schedule(100, resolve))
      return 'done'
    })()
    clock.schedule(1000, () => expect.unreachable())
    expect(await clock.runUntil(work)).toBe('done')
    expect(clock.now()).toBe(300)
  })
  test('runUntil passes failures on, and gives up on what never ends', async () => {
    const clock = createVirtualClock()
    await expect(clock.runUntil(Promise.reject(new Error('no')))).rejects.toThrow('no')
    await expect(clock.runUntil(new Promise(() => {}))).rejects.toMatchObject({ code: 'CORE_TEST_STUCK', message: expect.stringContaining('nothing is scheduled') })
  })
})

import { expect, test } from 'vitest'
import { SplitAssignments } from '../../../src/runtime/coordinator/split-assignments.ts'

const split = (id: string) => ({ id })

test('takes back what was assigned since the checkpoint that completed, in order and once', () => {
  const assignments = new SplitAssignments()
  assignments.add(0, [split('a')])
  assignments.checkpointTriggered(1)
  assignments.add(0, [split('b')])
  assignments.add(1, [split('c')])
  assignments.checkpointTriggered(2)
  assignments.add(0, [split('d')])
  assignments.checkpointCompleted(1)
  expect(assignments.takeBack(0)).toEqual([split('b'), split('d')])
  expect(assignments.takeBack(0)).toEqual([])
  expect(assignments.takeBack(1)).toEqual([split('c')])
})
test('a checkpoint that never completed holds nothing; a later one holds its assignments too', () => {
  const assignments = new SplitAssignments()
  assignments.add(0, [split('a')])
  assignments.checkpointTriggered(1)
  assignments.add(0, [split('b')])
  assignments.checkpointTriggered(2)
  assignments.checkpointCompleted(2)
  expect(assignments.takeBack(0)).toEqual([])
})

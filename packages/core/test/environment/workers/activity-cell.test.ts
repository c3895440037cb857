import { expect, test } from 'vitest'
import { activityWatch, createActivity, currentTask } from '../../../src/environment/workers/activity-cell.ts'

test('one thread sees which task another is stepping', () => {
  const activity = createActivity()
  const watch = activityWatch(activity)
  const task = (vertexId: number, subtaskIndex: number) => ({ taskId: 't', vertexId, subtaskIndex, attempt: 1, restore: undefined })
  expect(currentTask(activity)).toBeUndefined()
  for (const [vertexId, subtask] of [[0, 0], [3, 17], [60_000, 32_767]] as const) {
    watch.began(task(vertexId, subtask))
    expect(currentTask(activity)).toEqual({ vertexId, subtask })
    watch.ended(task(vertexId, subtask), 5)
    expect(currentTask(activity)).toBeUndefined()
  }
})

import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { millrace, project } from './millrace.ts'

const folders: string[] = []
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })))

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = project(files)
  folders.push(folder)
  return folder
}

test('writes a project named after its folder and says what to do next', async () => {
  const folder = folderWith({})
  const { code, stdout, stderr } = await millrace(folder, 'init', 'My Job!')
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toContain('  cd My Job!\n  npm install\n  npm start\n  npm test\n')
  expect(readdirSync(join(folder, 'My Job!')).sort()).toEqual(['.gitignore', 'README.md', 'data', 'job.test.ts', 'job.ts', 'package.json', 'tsconfig.json'])
  const manifest = JSON.parse(readFileSync(join(folder, 'My Job!/package.json'), 'utf8')) as { name: string; scripts: object }
  expect([manifest.name, Object.keys(manifest.scripts)]).toEqual(['my-job', ['start', 'explain', 'test']])
})

test('overwrites nothing', async () => {
  const folder = folderWith({ 'mine/job.ts': 'precious' })
  const { code, stderr } = await millrace(folder, 'init', 'mine')
  expect([code, stderr]).toEqual([2, expect.stringMatching(/CLI_DIRECTORY_NOT_EMPTY: .*found job\.ts/)])
  expect(readFileSync(join(folder, 'mine/job.ts'), 'utf8')).toBe('precious')
  expect(existsSync(join(folder, 'mine/package.json'))).toBe(false)
})

test('a fresh repository counts as empty', async () => {
  const folder = folderWith({ 'repo/.git/HEAD': '' })
  expect((await millrace(folder, 'init', 'repo')).code).toBe(0)
})

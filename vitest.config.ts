import { defineConfig } from 'vitest/config'

export default defineConfig({
  ssr: { resolve: { conditions: ['@millrace/source', 'node', 'import', 'default'], externalConditions: ['@millrace/source'] } },
  resolve: { conditions: ['@millrace/source', 'node', 'import', 'default'] },
  test: {
    include: ['{packages,connectors,formats,statebackends}/*/test/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts'],
    execArgv: ['--conditions=@millrace/source'],
    testTimeout: 30_000,
  },
})

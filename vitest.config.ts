import { defineConfig } from 'vitest/config'

const shared = {
  ssr: { resolve: { conditions: ['@millrace/source', 'node', 'import', 'default'], externalConditions: ['@millrace/source'] } },
  resolve: { conditions: ['@millrace/source', 'node', 'import', 'default'] },
}
const options = { execArgv: ['--conditions=@millrace/source'], testTimeout: 30_000 }

/** Suites against a real service have a project of their own: its globalSetup starts the service once, and only when one of its tests is selected. */
export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          ...options,
          name: 'unit',
          include: ['{packages,connectors,formats,statebackends}/*/test/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'test/{kafka,s3}/**'],
        },
      },
      { ...shared, test: { ...options, testTimeout: 120_000, hookTimeout: 120_000, name: 'kafka', include: ['test/kafka/**/*.test.ts'], globalSetup: ['test/services/kafka/global-setup.ts'] } },
      { ...shared, test: { ...options, name: 's3', include: ['test/s3/**/*.test.ts'], globalSetup: ['test/services/s3/global-setup.ts'] } },
    ],
  },
})

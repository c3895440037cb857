import { findPackageJSON } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const datasets = join(dirname(findPackageJSON('vega-datasets', import.meta.url) ?? ''), 'data')

/** Three million US flights of 2001 and the airports, from the npm package vega-datasets; one airport file has a broken line. */
export const FLIGHTS = join(datasets, 'flights-3m.parquet')
export const AIRPORTS = [join(datasets, 'airports.csv'), fileURLToPath(new URL('./data/airports-extra.csv', import.meta.url))].join(',')

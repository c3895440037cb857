import { fileURLToPath } from 'node:url'

const dataset = (file: string): string => fileURLToPath(import.meta.resolve(`vega-datasets/data/${file}`))

/** Three million US flights of 2001 and the airports, from the npm package vega-datasets; one airport file has a broken line. */
export const FLIGHTS = dataset('flights-3m.parquet')
export const AIRPORTS = [dataset('airports.csv'), fileURLToPath(new URL('./data/airports-extra.csv', import.meta.url))].join(',')

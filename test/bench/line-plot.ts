import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface PlotSeries {
  readonly name: string
  readonly color: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

export interface LinePlot {
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
  /** A horizontal line: what the values have to stay below. */
  readonly limit: number
  readonly series: readonly PlotSeries[]
}

const [WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM] = [720, 360, 60, 40, 20, 50]
const TICKS = 5
const FOLDER = new URL('../../out/bench/', import.meta.url)

/** Writes `out/bench/<name>.svg` and returns its path. Both axes begin at 0. */
export async function writePlot(name: string, plot: LinePlot): Promise<string> {
  const path = fileURLToPath(new URL(`${name}.svg`, FOLDER))
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, svgOf(plot))
  return path
}

function svgOf({ title, xLabel, yLabel, limit, series }: LinePlot): string {
  const points = series.flatMap((each) => each.points)
  const [maxX, maxY] = [Math.max(1, ...points.map(([x]) => x)), Math.max(limit, ...points.map(([, y]) => y)) * 1.05]
  const atX = (x: number): string => (LEFT + (x / maxX) * (WIDTH - LEFT - RIGHT)).toFixed(1)
  const atY = (y: number): string => (HEIGHT - BOTTOM - (y / maxY) * (HEIGHT - TOP - BOTTOM)).toFixed(1)
  const ticks = Array.from({ length: TICKS + 1 }, (_, tick) => tick / TICKS)
  const text = (x: number | string, y: number | string, anchor: string, content: string): string => `<text x="${x}" y="${y}" text-anchor="${anchor}">${content}</text>`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    text(LEFT, 20, 'start', title),
    ...ticks.flatMap((part) => [
      text(atX(part * maxX), HEIGHT - BOTTOM + 18, 'middle', (part * maxX).toFixed(0)),
      text(LEFT - 6, atY(part * maxY), 'end', (part * maxY).toFixed(0)),
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${atY(part * maxY)}" y2="${atY(part * maxY)}" stroke="#ddd"/>`,
    ]),
    text(WIDTH / 2, HEIGHT - 12, 'middle', xLabel),
    text(LEFT, 34, 'start', yLabel),
    `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${atY(limit)}" y2="${atY(limit)}" stroke="#c00" stroke-dasharray="4"/>`,
    ...series.flatMap(({ name, color, points: line }, index) => [
      `<polyline fill="none" stroke="${color}" stroke-width="1.5" points="${line.map(([x, y]) => `${atX(x)},${atY(y)}`).join(' ')}"/>`,
      `<g fill="${color}">${text(WIDTH - RIGHT, 20 + index * 14, 'end', name)}</g>`,
    ]),
    '</svg>\n',
  ].join('\n')
}

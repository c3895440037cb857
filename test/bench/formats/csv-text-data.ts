import type { Outcome } from '../rate-case.ts'
import { dataFile, mulberry32 } from './data-file.ts'

const WORDS = ['river', 'mill', 'wheel', 'Gerste', 'grün', 'straße', 'farine', 'café', 'weir', 'sluice', '水車', 'stone', 'grain', 'flour', 'race']
const COLUMNS = ['id', 'title', 'body', 'author', 'tags'] as const

/** About 230 bytes a row of quoted text with escaped quotes, line breaks in fields and letters beyond ASCII. */
export function textFile(records: number): Promise<string> {
  const random = mulberry32(7)
  const words = (count: number): string => Array.from({ length: count }, () => WORDS[random() % WORDS.length]).join(' ')
  return dataFile('text.csv', records, `${COLUMNS.join(',')}\n`, (index) => {
    const remark = index % 4 === 0 ? `a ""${words(1)}""` : words(2)
    const line = index % 10 === 0 ? '\n' : ' '
    return `r-${index},"${words(4)}, ${remark}","${words(8)}${line}${words(8)}, and more of it",${words(1)} ${words(1)},"${words(3)}"\n`
  })
}

/** Adds up what was read, the same way for all readers. */
export class TextTally {
  #rows = 0
  #sum = 0
  readonly #check: boolean

  constructor(check: boolean) {
    this.#check = check
  }

  take(id: string, title: string, body: string, author: string, tags: string): void {
    this.#rows++
    this.#sum += this.#check ? hash(`${id}|${title}|${body}|${author}|${tags}`) : id.length + title.length + body.length + author.length + tags.length
  }

  outcome(): Outcome {
    return { rows: this.#rows, digest: this.#sum }
  }
}

function hash(text: string): number {
  let value = 0
  for (let i = 0; i < text.length; i++) value = (Math.imul(value, 31) + text.charCodeAt(i)) | 0
  return value
}

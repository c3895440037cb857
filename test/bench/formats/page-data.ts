import { dataFile, mulberry32 } from './data-file.ts'

/** A nested record with texts, as web services log them. */
export interface Page {
  readonly id: number
  readonly author: { readonly name: string; readonly city: string }
  readonly title: string
  readonly body: string
  readonly score: number
  readonly tags: readonly string[]
  readonly parts: readonly { readonly sku: string; readonly count: number }[]
  readonly draft: boolean | null
}

const WORDS = ['river', 'mill', 'wheel', 'Gerste', 'grün', 'straße', 'farine', 'café', 'weir', 'sluice', '水車', 'stone', 'grain', 'flour', 'race']

/** JSON lines of about 330 bytes. One in ten has an escaped quote. */
export function pageLines(records: number): Promise<string> {
  const random = mulberry32(9)
  const words = (count: number): string => Array.from({ length: count }, () => WORDS[random() % WORDS.length]).join(' ')
  return dataFile('pages.jsonl', records, '', (id) => {
    const page: Page = {
      id,
      author: { name: `${words(1)}-${random() % 100_000}`, city: words(1) },
      title: id % 10 === 0 ? `a "${words(1)}" ${words(2)}` : words(4),
      body: words(16),
      score: (random() % 40_000) / 4,
      tags: [words(1), words(1), words(1)],
      parts: [{ sku: words(1), count: random() % 9 }, { sku: words(1), count: random() % 5 }],
      draft: id % 3 === 0 ? null : id % 3 === 1,
    }
    return `${JSON.stringify(page)}\n`
  })
}

import type { Item } from '../metrics/item.ts'

/** The two reads of the table that all usage is read with. */
export interface TableReader {
  /** One item; undefined if it is not there. */
  get(pk: string, sk: string): Promise<Item | undefined>
  /** A page of one partition; DynamoDB ends a page after 1 MB, whatever the limit. */
  query(question: PartitionQuery): Promise<ItemPage>
}

export interface PartitionQuery {
  pk: string
  /** Bounds of the sort key, both inclusive; without them the whole partition. */
  range?: { from: string; to: string }
  newestFirst?: boolean
  /** Attributes to give; without it all of them. The price is that of whole items. */
  only?: readonly string[]
  /** Items a page has at most. */
  limit?: number
  /** `next` of the page before. */
  after?: string
}

export interface ItemPage {
  items: Item[]
  /** Sort key after which there may be more; absent when the partition (or the range) has ended. */
  next?: string
}

/** Pages of a query, one after another, up to `maxPages`. */
export async function* pagesOf(
  table: TableReader,
  question: PartitionQuery,
  maxPages = Number.POSITIVE_INFINITY,
): AsyncGenerator<ItemPage> {
  let after = question.after
  for (let count = 0; count < maxPages; count++) {
    const page = await table.query({ ...question, ...(after !== undefined && { after }) })
    yield page
    if (page.next === undefined) return
    after = page.next
  }
}

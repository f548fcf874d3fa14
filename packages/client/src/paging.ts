import type { CallOptions } from './connection.ts'

/** A list that is read page by page while it is iterated over; `pages()` has the pages themselves. */
export type Paged<Page extends { data: unknown[] }> = AsyncIterable<Page['data'][number]> & {
  pages(): AsyncIterable<Page>
}

export function paged<Page extends { data: unknown[] }>(
  pages: () => AsyncGenerator<Page, void, undefined>,
): Paged<Page> {
  return {
    pages,
    async *[Symbol.asyncIterator]() {
      for await (const page of pages()) yield* page.data as Page['data'][number][]
    },
  }
}

type PageOfList = { data: unknown[]; meta: { nextCursor: string | null } }

/** Reads a list from `cursor` on (its start without one), and follows `meta.nextCursor` to its end. */
export function pagedByCursor<Page extends PageOfList>(
  fetchPage: (cursor: string | undefined) => Promise<Page>,
  cursor?: string,
): Paged<Page> {
  return paged(async function* () {
    for (let next: string | null | undefined = cursor; next !== null; ) {
      const page: Page = await fetchPage(next)
      yield page
      next = page.meta.nextCursor
    }
  })
}

/** Parameters of a list: `cursor` is where to begin, and there is no offset. */
export type ListQuery<Parameters> = Omit<Parameters, 'offset'> & CallOptions

export const pageQuery = <Parameters extends object>(query: Parameters, cursor: string | undefined) => ({
  params: { query: { ...query, ...(cursor !== undefined && { cursor }) } },
})

import { createShop } from '@shop/client'
import { createOperator } from '@shop/client/operator'
import { QueryClient, useQuery } from '@tanstack/preact-query'
import { useEffect, useState } from 'preact/hooks'
import { formatMoney } from '../ground/money.ts'
import { numberLocale } from '../ground/preferences.ts'
import { createSession } from '../ground/session.ts'

export const session = createSession({ role: 'admin' })

/** The client repeats what it may by itself, within the time that a person waits. */
const options = { token: session.token, retry: { attempts: 3, totalMs: 20_000 } }

export const operator = createOperator(options)
const shop = createShop(options)

export const queries = new QueryClient({
  defaultOptions: { queries: { retry: false, staleTime: 10_000, gcTime: 30 * 60_000 } },
})

export function useSessionState() {
  const [state, setState] = useState(session.state)
  useEffect(() => session.subscribe(() => setState(session.state())), [])
  return state
}

/** The decimals of each currency, from the contract: Intl has others for some. */
const currencies = {
  queryKey: ['currencies'],
  queryFn: async () =>
    new Map((await shop.products.currencies()).map(({ code, minorUnits }) => [code, minorUnits])),
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: Number.POSITIVE_INFINITY,
  // no amount can be shown without them
  retry: true,
  retryDelay: 3000,
}

export function prefetchCurrencies() {
  return queries.prefetchQuery(currencies)
}

/** Returns the decimals of a currency, and a function that writes its amounts; undefined until they are known. */
export function useCurrencies() {
  const { data } = useQuery(currencies)
  if (!data) return undefined
  const digitsOf = (currency: string) => data.get(currency) ?? 2
  return {
    digitsOf,
    format: (amount: number, currency: string) =>
      formatMoney(amount, currency, digitsOf(currency), numberLocale),
  }
}

/** Returns the names of users by their ids, as far as they are known; null for one who has none. */
export function useNames(ids: readonly string[]): ReadonlyMap<string, string | null> {
  const wanted = [...new Set(ids)].sort().slice(0, 100)
  const { data } = useQuery({
    queryKey: ['names', wanted],
    queryFn: async ({ signal }) =>
      new Map((await operator.users.find({ ids: wanted }, { signal })).map(({ id, name }) => [id, name])),
    enabled: wanted.length > 0,
    staleTime: 5 * 60_000,
  })
  return data ?? new Map()
}

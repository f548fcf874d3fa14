import { type CsvDialect, spreadsheetCsv, standardCsv } from './csv.ts'
import type { OrderDetails } from './order.ts'
import { csvHeader, orderToCsv } from './order-csv.ts'
import type { Party } from './transitions.ts'

/** The formats of an export; `excel` is CSV as spreadsheet programs expect it in a locale. */
export type ExportFormat = 'ndjson' | 'csv' | 'excel'

/** Writes orders into one file. */
export type OrderWriter = {
  contentType: string
  extension: 'ndjson' | 'csv'
  /** What the file begins with. */
  head: string
  write: (orders: OrderDetails[]) => string
}

export const ndjsonType = 'application/x-ndjson'
export const csvType = 'text/csv'

/** Returns a writer of the orders that `party` sees. `locale` is one that spreadsheetCsv knows. */
export function orderWriter(format: ExportFormat, party: Party, locale = 'en'): OrderWriter {
  if (format !== 'ndjson') {
    return csvWriter(party, (format === 'excel' && spreadsheetCsv(locale)) || standardCsv)
  }
  return {
    contentType: ndjsonType,
    extension: 'ndjson',
    head: '',
    write: (orders) => orders.map((order) => `${JSON.stringify(order)}\n`).join(''),
  }
}

const csvWriter = (party: Party, dialect: CsvDialect): OrderWriter => ({
  contentType: `${csvType}; charset=utf-8`,
  extension: 'csv',
  head: csvHeader(party, dialect),
  write: (orders) => orders.map((order) => orderToCsv(order, party, dialect)).join(''),
})

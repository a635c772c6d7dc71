import type { SummaryRow } from '../../summary.ts'
import type { Stacking } from './view.ts'

/** What the table has for requests that no provider or model was found for. */
const none = '-'

/** How a key, provider or model is called on the page. */
export function nameOf(kind: Stacking, row: SummaryRow): string {
  switch (kind) {
    case 'key':
      return row.keyName ?? (row.key === 'anonymous' ? 'No valid key' : (row.key ?? ''))
    case 'provider':
      return row.provider === none ? 'No provider' : (row.provider ?? '')
    case 'model':
      return row.model === none ? 'No known model' : (row.model ?? '')
  }
}

/** Whether requests can be asked for by it: a comma would be read as the end of the name. */
export function isFilter(value: string | undefined): value is string {
  return value !== undefined && value !== none && value !== '' && !value.includes(',')
}

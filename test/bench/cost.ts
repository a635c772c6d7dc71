import { costPage } from './cost-table.ts'
import { readResults } from './report.ts'

/** `npm run cost` */
console.log(costPage(readResults()))

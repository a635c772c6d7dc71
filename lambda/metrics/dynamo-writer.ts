// Everything that writing a record takes, as one chunk that `dynamo.ts` imports lazily: it is needed when the provider
// has answered, and would cost every cold start some kilobytes.
export { DynamoDBClient, TransactWriteItemsCommand } from './dynamo-client.ts'
export { KeyList } from './dynamo-key-list.ts'
export { store } from './dynamo-store.ts'
export { transactionOf } from './dynamo-transaction.ts'
export { growYoungGenerationAtOnce } from './young-generation.ts'

// What the reader uses of the SDK, and nothing else of it: esbuild drops the rest only behind a static import.
// `dynamo-reader.ts` imports this file lazily, as one chunk.
export { DynamoDBClient, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'

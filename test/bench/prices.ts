/**
 * List prices in US dollars: us-east-1, first tier, no free tier, compared with public documents on 28 November 2026. AWS's
 * own pages show most of these numbers to a browser only; what was read instead is named at each. Check them before
 * relying on them.
 */
export const prices = {
  /**
   * arm64. A copy of what AWS's price list API answered on 28 October 2025, "AWS Lambda Pricing (us-east-1)". Duration
   * counts the start of an environment too since August 2025: "AWS Lambda standardizes billing for INIT Phase",
   * https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase
   */
  lambdaGbSecond: 0.0000133334,
  /** The same copy: $0.20 a million. */
  lambdaRequest: 0.2 / 1e6,
  /** Streamed bytes beyond the first 6 MB of an answer; the same copy, "Response Streaming (ARM)". */
  lambdaStreamedGb: 0.008,
  /** On demand, since November 2024: "Amazon DynamoDB Pricing", https://airbyte.com/data-engineering-resources/dynamodb-pricing */
  dynamoWriteUnit: 0.625 / 1e6,
  /** A month of storage: "Pricing overview", https://aws.amazon.com/dynamodb/pricing ("prices start from $0.25"). */
  dynamoGbMonth: 0.25,
  /** The backup of point-in-time recovery: "Backup Strategy", https://finops.com.py/services/dynamodb/backups */
  dynamoBackupGbMonth: 0.2,
  /** Ingestion of Lambda's logs, first tier since May 2025: https://www.duckbillgroup.com/?p=9080 quotes AWS's announcement. */
  logsGb: 0.5,
  /** First 10 TB a month: "AWS Data Transfer Pricing in 2026", https://leanopstech.com/blog/aws-data-transfer-pricing-2026 */
  internetGb: 0.09,
  /** Linux on arm64: "AWS Fargate Pricing Explained", https://www.vantage.sh/blog/fargate-pricing */
  fargateCoreHour: 0.03238,
  fargateGbHour: 0.00356,
  /** Without its usage: "AWS ALB Cost Calculator", https://cal53.calculator.city/aws-alb-cost-calculator; AWS's page was not readable. */
  balancerHour: 0.0225,
} as const

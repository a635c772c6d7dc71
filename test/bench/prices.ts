/**
 * List prices in US dollars: us-east-1, first tier, no free tier, as noted on 20 November 2026. The pages of AWS are named at
 * each; they show numbers to a browser only, so those of Lambda's duration, DynamoDB's writes, logs and Fargate were taken
 * from reviews that quote them (cloudchipr.com/blog/aws-lambda-pricing, airbyte.com/data-engineering-resources/dynamodb-pricing,
 * duckbillgroup.com, vantage.sh/blog/fargate-pricing). Check them before relying on them.
 */
export const prices = {
  /** https://aws.amazon.com/lambda/pricing (arm64, first tier); $0.20 a million requests. */
  lambdaGbSecond: 0.0000133334,
  lambdaRequest: 0.2 / 1e6,
  /** Streamed bytes beyond the first 6 MB of an answer; the same page. */
  lambdaStreamedGb: 0.008,
  /** Per write request unit since November 2024: https://aws.amazon.com/dynamodb/pricing/on-demand */
  dynamoWriteUnit: 0.625 / 1e6,
  /** A month of storage, and of the backup that point-in-time recovery keeps; the same page. */
  dynamoGbMonth: 0.25,
  dynamoBackupGbMonth: 0.2,
  /** Ingestion of Lambda's logs, first tier since May 2025: https://aws.amazon.com/cloudwatch/pricing */
  logsGb: 0.5,
  /** To the internet, first 10 TB a month: https://aws.amazon.com/ec2/pricing/on-demand */
  internetGb: 0.09,
  /** https://aws.amazon.com/fargate/pricing (Linux, arm64) */
  fargateCoreHour: 0.03238,
  fargateGbHour: 0.00356,
  /** An application load balancer without its usage: https://aws.amazon.com/elasticloadbalancing/pricing */
  balancerHour: 0.0225,
} as const

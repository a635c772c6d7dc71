import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  Architecture,
  Code,
  FunctionUrlAuthType,
  type InvokeMode,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
} from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type { Bundle } from '../bundle.ts'
import type { FunctionConfig } from '../config-schema.ts'
import { waive } from './waiver.ts'

export interface UrlFunctionProps {
  bundle: Bundle
  description: string
  size: FunctionConfig
  invokeMode: InvokeMode
  logRetentionDays: number
  environment: Record<string, string>
}

/** A function with a URL of its own, a role that starts with nothing, and a log group that forgets. */
export class UrlFunction extends Construct {
  /** Grants go to this role; at first it may write to the function's own log group only. */
  readonly role: Role
  readonly handler: LambdaFunction
  /** `https://….lambda-url.<region>.on.aws/` */
  readonly url: string

  constructor(scope: Construct, id: string, props: UrlFunctionProps) {
    super(scope, id)

    // Lines older than the retention go by themselves, and nothing but those lines would be left of a deleted stack.
    const logGroup = new LogGroup(this, 'Logs', {
      retention: props.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    })

    // Not CDK's own role: that one has AWSLambdaBasicExecutionRole, which may write to every log group of the account.
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
    logGroup.grantWrite(this.role)

    this.handler = new LambdaFunction(this, 'Function', {
      description: props.description,
      code: Code.fromAsset(props.bundle.directory),
      handler: `${props.bundle.name}.handler`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.size.memoryMb,
      timeout: Duration.seconds(props.size.timeoutSeconds),
      ...(props.size.reservedConcurrency !== undefined && {
        reservedConcurrentExecutions: props.size.reservedConcurrency,
      }),
      role: this.role,
      logGroup,
      // The gateway prints whole JSON lines itself; the JSON format would wrap each in another object as a string.
      loggingFormat: LoggingFormat.TEXT,
      environment: props.environment,
    })
    waive(this.handler, {
      'Serverless-LambdaDLQ': 'URLs invoke synchronously: the caller gets the failure, there is no event to keep.',
      'Serverless-LambdaTracing':
        'Each request leaves a record with its own clocks; X-Ray would cost more and say less.',
    })

    // NONE because IAM auth would take the Authorization header that clients send their gateway key in.
    // No CORS: a browser page has no business with a gateway key.
    this.url = this.handler.addFunctionUrl({ authType: FunctionUrlAuthType.NONE, invokeMode: props.invokeMode }).url
  }
}

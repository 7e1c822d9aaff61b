import XRaySDK from '@xray/sdk';

const xray = new XRaySDK({
  apiKey: process.env.XRAY_API_KEY || 'xr_...',
  appId: 'my-loan-app',
  pipeline: 'loan-approval',
  environment: 'prod',
});

const execution = xray.startExecution();

execution.recordStep({ name: 'fetch_credit_score', input: { userId: '123' }, output: { score: 750 }, status: 'completed' });
execution.recordStep({ name: 'calculate_risk_tier', input: { score: 750 }, output: { tier: 'A' }, status: 'completed' });
execution.recordStep({
  name: 'check_approval_rules',
  input: { tier: 'A' },
  output: { approved: true, reason: 'Score >= 700' },
  reasoning: 'Applied rule: tier A applicants always approved',
  status: 'completed',
});

execution.completeExecution(); // flushes the snapshot in the background; you don't wait for it
// or, if an error occurred: execution.failExecution(error?);

export interface Snippet {
  id: string;
  title: string;
  /** What it needs, in a few words. */
  needs: string;
  text: string;
}

/** How to send one execution to this very server, by language; each is run as it stands, with a key in XRAY_API_KEY. */
export function snippetsFor(app: string, endpoint: string): Snippet[] {
  return [
    {
      id: 'typescript',
      title: 'TypeScript',
      needs: 'npm install @xray/sdk',
      text: `import XRaySDK from '@xray/sdk';

const xray = new XRaySDK({
  apiKey: process.env.XRAY_API_KEY,
  endpoint: '${endpoint}',
  appId: '${app}',
  pipeline: 'loan-approval',
});

const execution = xray.startExecution();
execution.recordStep({
  name: 'check_score',
  input: { score: 750 },
  output: { approved: true },
  reasoning: 'Score >= 700',
  status: 'completed',
});
execution.completeExecution();
`,
    },
    {
      id: 'curl',
      title: 'curl',
      needs: 'curl, and nothing else',
      text: `curl ${endpoint}/executions \\
  -H "Authorization: Bearer $XRAY_API_KEY" \\
  -H 'Content-Type: application/json' \\
  -d '{
    "executionId": "first-by-curl",
    "appId": "${app}",
    "pipeline": "loan-approval",
    "decision": { "outcome": "approved" },
    "steps": [
      {
        "name": "check_score",
        "input": { "score": 750 },
        "output": { "approved": true },
        "reasoning": "Score >= 700"
      }
    ]
  }'
`,
    },
    {
      id: 'python',
      title: 'Python',
      needs: 'pip install requests',
      text: `import os
import uuid

import requests

requests.post(
    "${endpoint}/executions",
    headers={"Authorization": f"Bearer {os.environ['XRAY_API_KEY']}"},
    json={
        "executionId": str(uuid.uuid4()),
        "appId": "${app}",
        "pipeline": "loan-approval",
        "decision": {"outcome": "approved"},
        "steps": [
            {
                "name": "check_score",
                "input": {"score": 750},
                "output": {"approved": True},
                "reasoning": "Score >= 700",
            }
        ],
    },
    timeout=10,
).raise_for_status()
`,
    },
  ];
}

/**
 * True once the SDKs are on the registries of npm and PyPI. Snippets then install them by name, not
 * from this server.
 */
const SDK_IS_PUBLISHED = false;

export interface Snippet {
  id: 'typescript' | 'javascript' | 'curl' | 'python';
  title: string;
  /** Commands to run first, in an empty folder. */
  setup: string;
  /** Where to save the text. Null: the text is a command itself. */
  file: string | null;
  text: string;
  /** Runs the file. */
  run: string | null;
}

interface Target {
  app: string;
  /** Address of this server. */
  endpoint: string;
  /** The version of this server and its SDKs. */
  version: string;
  /** A key that was just created. Without it the commands have a placeholder. */
  apiKey?: string | undefined;
}

/**
 * How to send a first decision to this server, by language. Each snippet makes the same decision
 * with a reason, and runs without changes.
 */
export function snippetsFor({ app, endpoint, version, apiKey = 'xr_…' }: Target): Snippet[] {
  const sdk = SDK_IS_PUBLISHED ? '@xray/sdk' : `${endpoint}/sdk/xray-sdk.tgz`;
  const wheel = SDK_IS_PUBLISHED
    ? 'xray-sdk'
    : `${endpoint}/sdk/xray_sdk-${version}-py3-none-any.whl`;
  const setKey = `export XRAY_API_KEY=${apiKey}`;
  return [
    {
      id: 'typescript',
      title: 'TypeScript',
      setup: `npm install ${sdk}\n${setKey}`,
      file: 'first.ts',
      text: program(app, endpoint, 'applicant: { id: string; score: number }', ': boolean'),
      run: 'npx tsx first.ts',
    },
    {
      id: 'javascript',
      title: 'JavaScript',
      setup: `npm install ${sdk}\n${setKey}`,
      file: 'first.mjs',
      text: program(app, endpoint, 'applicant', ''),
      run: 'node first.mjs',
    },
    { id: 'curl', title: 'curl', setup: setKey, file: null, text: curl(app, endpoint), run: null },
    {
      id: 'python',
      title: 'Python',
      setup: `python3 -m venv .venv\n.venv/bin/pip install ${wheel}\n${setKey}`,
      file: 'first.py',
      text: python(app, endpoint),
      run: '.venv/bin/python first.py',
    },
  ];
}

function program(app: string, endpoint: string, parameter: string, result: string): string {
  return `import XRaySDK from '@xray/sdk';

const xray = new XRaySDK({
  apiKey: process.env.XRAY_API_KEY,
  endpoint: '${endpoint}',
  appId: '${app}',
  pipeline: 'loan-approval',
});

function decide(${parameter})${result} {
  return xray.run({ subject: { applicant: applicant.id } }, (execution) => {
    const passed = execution.step('rules', { kind: 'rules' }, (step) =>
      step.check('min_score', applicant.score >= 660, {
        field: 'score',
        actual: applicant.score,
        op: '>=',
        threshold: 660,
        reason: 'SCORE_LOW',
      }),
    );
    // A failed check becomes the reason of the decision.
    execution.decide(passed ? 'approved' : 'declined', { adverse: !passed });
    return passed;
  });
}

decide({ id: 'A-1001', score: 612 });
`;
}

function curl(app: string, endpoint: string): string {
  return `curl ${endpoint}/executions \\
  -H "Authorization: Bearer $XRAY_API_KEY" \\
  -H 'Content-Type: application/json' \\
  -d '{
    "executionId": "first-by-curl",
    "appId": "${app}",
    "pipeline": "loan-approval",
    "subjects": [{ "type": "applicant", "id": "A-1001" }],
    "decision": {
      "outcome": "declined",
      "adverse": true,
      "reasons": [{ "code": "SCORE_LOW", "ruleId": "min_score" }]
    },
    "steps": [
      {
        "name": "rules",
        "kind": "rules",
        "rules": [
          {
            "id": "min_score",
            "field": "score",
            "actual": 612,
            "op": ">=",
            "threshold": 660,
            "result": "fail",
            "effect": "reject",
            "decisive": true,
            "reason": "SCORE_LOW"
          }
        ]
      }
    ]
  }'
`;
}

function python(app: string, endpoint: string): string {
  return `import xray_sdk

xray = xray_sdk.XRay(
    endpoint="${endpoint}",
    app_id="${app}",
    pipeline="loan-approval",
)


def decide(applicant):
    with xray.execution(subject={"applicant": applicant["id"]}) as execution:
        with execution.step("rules", kind="rules") as step:
            passed = step.check(
                "min_score",
                applicant["score"] >= 660,
                field="score",
                actual=applicant["score"],
                op=">=",
                threshold=660,
                reason="SCORE_LOW",
            )
        # A failed check becomes the reason of the decision.
        execution.decide("approved" if passed else "declined", adverse=not passed)
        return passed


decide({"id": "A-1001", "score": 612})
`;
}

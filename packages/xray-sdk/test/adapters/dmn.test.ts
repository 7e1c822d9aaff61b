import { xrayDmn } from '@xray/sdk/dmn';
import { expect, test } from 'vitest';

import { delivered, last, setUpRecording, xray } from '../recording.js';

setUpRecording({ pipeline: 'invoices' });

/** The shape of `POST /v2/decision-definitions/evaluation` in Camunda 8.8. */
const CAMUNDA_8 = {
  decisionDefinitionId: 'invoice-assign-approver',
  decisionDefinitionKey: '2251799813685253',
  decisionDefinitionName: 'Assign approver',
  decisionDefinitionVersion: 3,
  decisionEvaluationKey: '2251799813685260',
  output: '["management"]',
  failedDecisionDefinitionId: '',
  failureMessage: '',
  evaluatedDecisions: [
    {
      decisionDefinitionId: 'invoice-classification',
      decisionDefinitionName: 'Invoice classification',
      decisionDefinitionType: 'DECISION_TABLE',
      output: '"exceptional"',
      matchedRules: [
        {
          ruleId: 'DecisionRule_1ak4z14',
          ruleIndex: 2,
          evaluatedOutputs: [
            {
              outputId: 'clause3',
              outputName: 'invoiceClassification',
              outputValue: '"exceptional"',
            },
          ],
        },
      ],
      evaluatedInputs: [
        { inputId: 'clause1', inputName: 'Invoice amount', inputValue: '1600' },
        { inputId: 'InputClause_0qixz9e', inputName: 'Category', inputValue: '"Misc"' },
      ],
    },
  ],
};

test("Camunda 8's answer becomes a step for each table with its inputs and matched rules", async () => {
  const answer = await xrayDmn(
    xray,
    {
      name: 'approver',
      input: { amount: 1_600 },
      decide: (execution, { output }) => execution.decide(String(JSON.parse(output))),
    },
    () => Promise.resolve(CAMUNDA_8),
  );
  expect(answer).toBe(CAMUNDA_8);
  expect(await last()).toMatchObject({
    versions: { dmn: '3' },
    decision: { outcome: 'management' },
    steps: [
      { name: 'approver', input: { amount: 1_600 }, output: ['management'] },
      {
        name: 'invoice-classification',
        parent: 0,
        input: { 'Invoice amount': 1_600, Category: 'Misc' },
        output: 'exceptional',
        rules: [{ id: 'invoice-classification/rule 2', result: 'pass' }],
      },
    ],
  });
});

test("Camunda 7's answer and its history are read", async () => {
  const evaluated = [{ result: { value: 'management', type: 'String', valueInfo: {} } }];
  const history = [
    {
      decisionDefinitionKey: 'invoice-assign-approver',
      inputs: [{ clauseId: 'c1', clauseName: 'Invoice amount', type: 'Double', value: 1_600 }],
      outputs: [{ ruleId: 'r2', ruleOrder: 2, variableName: 'result', value: 'management' }],
    },
  ];
  await xray.run(async () => {
    await xrayDmn(xray, {}, () => Promise.resolve(evaluated));
    await xrayDmn(xray, {}, () => Promise.resolve(history));
  });
  expect((await last()).steps).toMatchObject([
    { name: 'dmn', output: [{ result: 'management' }] },
    { name: 'dmn', output: { result: 'management' } },
    {
      name: 'invoice-assign-approver',
      parent: 1,
      input: { 'Invoice amount': 1_600 },
      rules: [{ id: 'invoice-assign-approver/rule 2' }],
    },
  ]);
});

test('a failure in the answer, unknown answers and errors reach the host unchanged', async () => {
  const failed = {
    ...CAMUNDA_8,
    output: '',
    evaluatedDecisions: [],
    failedDecisionDefinitionId: 'invoice-classification',
    failureMessage: "no variable found for name 'amount'",
  };
  await xray.run(async () => {
    await xrayDmn(xray, {}, () => Promise.resolve(failed));
    expect(await xrayDmn(xray, {}, () => Promise.resolve(undefined))).toBeUndefined();
  });
  await expect(xrayDmn(xray, {}, () => Promise.reject(new Error('404')))).rejects.toThrow('404');
  expect(await delivered()).toMatchObject([
    {
      steps: [
        {
          output: { failure: { message: "no variable found for name 'amount'" } },
          rules: [{ id: 'invoice-classification', result: 'fail' }],
        },
        { name: 'dmn' },
      ],
    },
    { status: 'failed', steps: [{ error: { message: '404' } }] },
  ]);
});

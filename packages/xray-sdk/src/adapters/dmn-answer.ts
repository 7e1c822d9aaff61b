import { asRecord, isObject, quietly, type Source } from '../source.js';

/** One decision table in an engine's answer. */
export interface EvaluatedTable {
  readonly name: string;
  readonly inputs: Record<string, unknown>;
  readonly output: unknown;
  /** The rules that matched. */
  readonly rules: readonly { readonly id: string }[];
}

/** An engine's answer, in one form for all engines. */
export interface DmnAnswer {
  readonly output: unknown;
  readonly version: string | undefined;
  readonly tables: readonly EvaluatedTable[];
  readonly failure: { readonly decision: string; readonly message: string } | undefined;
}

/**
 * Reads an answer by its members.
 *
 * - Camunda 8, `POST /v2/decision-definitions/evaluation` and `EvaluateDecision`: `evaluatedDecisions`.
 * - Camunda 7, `GET /history/decision-instance?includeInputs=true&includeOutputs=true`: `inputs`, `outputs`.
 * - Camunda 7, `POST /decision-definition/key/{key}/evaluate`: a list of typed variables.
 */
export function readDmnAnswer(answer: unknown): DmnAnswer {
  if (Array.isArray(answer)) {
    const history = recordsIn(answer).filter(({ inputs, outputs }) => inputs ?? outputs);
    if (history.length > 0) return readHistory(history);
    return { ...NOTHING, output: recordsIn(answer).map(plainVariables) };
  }
  if (!isObject(answer)) return { ...NOTHING, output: answer };
  const from = asRecord(answer);
  if (Array.isArray(from['evaluatedDecisions'])) return readCamunda8(from);
  if (Array.isArray(from['inputs']) && Array.isArray(from['outputs'])) return readHistory([from]);
  return { ...NOTHING, output: answer };
}

const NOTHING: DmnAnswer = {
  output: undefined,
  version: undefined,
  tables: [],
  failure: undefined,
};

function readCamunda8(from: Source): DmnAnswer {
  const { decisionDefinitionVersion, decisionVersion, failureMessage } = from;
  const version = decisionDefinitionVersion ?? decisionVersion;
  const failed = from['failedDecisionDefinitionId'] ?? from['failedDecisionId'];
  const hasFailed = typeof failureMessage === 'string' && failureMessage !== '';
  return {
    output: fromJson(from['output'] ?? from['decisionOutput']),
    version: version === undefined ? undefined : String(version),
    tables: recordsIn(from['evaluatedDecisions']).map((decision) => {
      const id = decision['decisionDefinitionId'] ?? decision['decisionId'];
      return {
        name: String(id ?? decision['decisionDefinitionName'] ?? decision['decisionName']),
        inputs: Object.fromEntries(
          recordsIn(decision['evaluatedInputs']).map(({ inputName, inputId, inputValue }) => [
            nameOf(inputName, inputId),
            fromJson(inputValue),
          ]),
        ),
        output: fromJson(decision['output'] ?? decision['decisionOutput']),
        rules: recordsIn(decision['matchedRules']).map(({ ruleId, ruleIndex }) => ({
          id: typeof ruleIndex === 'number' ? `rule ${String(ruleIndex)}` : String(ruleId),
        })),
      };
    }),
    failure: hasFailed ? { decision: String(failed), message: failureMessage } : undefined,
  };
}

function readHistory(instances: readonly Source[]): DmnAnswer {
  const tables = instances.map((instance): EvaluatedTable => {
    const outputs = recordsIn(instance['outputs']);
    const rules = new Map<unknown, { id: string }>();
    for (const { ruleId, ruleOrder } of outputs) {
      const place = typeof ruleOrder === 'number' ? `rule ${String(ruleOrder)}` : String(ruleId);
      rules.set(ruleId, { id: place });
    }
    return {
      name: nameOf(instance['decisionDefinitionKey'], instance['decisionDefinitionName']),
      inputs: Object.fromEntries(
        recordsIn(instance['inputs']).map(({ clauseName, clauseId, value }) => [
          nameOf(clauseName, clauseId),
          value,
        ]),
      ),
      output: Object.fromEntries(
        outputs.map(({ variableName, clauseName, value }) => [
          nameOf(variableName, clauseName),
          value,
        ]),
      ),
      rules: [...rules.values()],
    };
  });
  return { ...NOTHING, output: tables.at(-1)?.output, tables };
}

/** Camunda 7 gives each variable with its type. */
function plainVariables(variables: Source): Record<string, unknown> {
  const plain = ([name, variable]: [string, unknown]): [string, unknown] => {
    const isTyped = isObject(variable) && 'value' in variable && 'type' in variable;
    return [name, isTyped ? variable.value : variable];
  };
  return Object.fromEntries(Object.entries(variables).map(plain));
}

/** Camunda 8 gives values as the text of their JSON. */
function fromJson(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return quietly(() => JSON.parse(value) as unknown) ?? value;
}

function recordsIn(value: unknown): Source[] {
  return Array.isArray(value) ? value.filter(isObject).map(asRecord) : [];
}

function nameOf(...names: unknown[]): string {
  const [first = 'unnamed'] = names.filter((name) => typeof name === 'string' && name !== '');
  return first as string;
}

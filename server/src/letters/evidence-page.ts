import {
  auditActionText,
  auditActorText,
  explanationText,
  nameExplanation,
  stringifyJson,
  valueText,
  type EvidencePart,
  type ExecutionEvidence,
  type RuleEvidence,
  type Terms,
} from '@xray/core';
import { escapeHtml, wholePage } from './formats.js';

const STYLE = `
  body { max-width: 60rem; margin: 2rem auto; padding: 0 1.25rem; color: #111; background: #fff;
    font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
  h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin-top: 2em; border-bottom: 1px solid #ccc; }
  table { border-collapse: collapse; width: 100%; } caption { text-align: left; color: #444; }
  th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #ddd; }
  pre { white-space: pre-wrap; background: #f6f6f6; padding: .75rem; font-size: 13px; }
  .wide { overflow-x: auto; }
  @media print { body { margin: 0; max-width: none; } h2 { break-after: avoid; } tr { break-inside: avoid; } }`;

/**
 * The evidence as one page: no scripts, nothing to load, every value escaped. `texts` holds the JSON of each part,
 * which its digest is of.
 */
export function evidencePage(
  evidence: ExecutionEvidence,
  texts: Record<EvidencePart, string>,
  terms: Terms,
): string {
  const { executionId, record, explanation, server, linked, audit, digests } = evidence;
  const title = `Evidence for ${executionId}`;
  const body = `<h1>${escapeHtml(title)}</h1>
${table(
  null,
  ['Fact', 'Value'],
  [
    ['App', evidence.app],
    ['Pipeline', named(terms.name('pipelines', record.pipeline), record.pipeline)],
    ['Environment', record.environment ?? 'default'],
    [
      'Outcome',
      explanation.outcome === null
        ? 'none'
        : named(terms.name('outcomes', explanation.outcome), explanation.outcome),
    ],
    ['Adverse', explanation.adverse === null ? 'not recorded' : explanation.adverse ? 'yes' : 'no'],
    ['Started', record.startedAt ?? 'not recorded'],
    ['Received', server.receivedAt],
    ['Conflicting records', server.conflict ? 'yes' : 'no'],
    ['Size of the record', `${server.bytes} bytes`],
    ['This file was made', `${evidence.madeAt} by ${evidence.madeBy}`],
  ],
)}
<h2>Explanation</h2>
<pre>${escapeHtml(explanationText(nameExplanation(explanation, terms)))}</pre>
<h2>Rules in force</h2>
${table(
  'As this execution evaluated them.',
  ['Rule', 'Version', 'Field', 'Operator', 'Threshold', 'Value', 'Result', 'Step'],
  evidence.rules.map((rule) => ruleRow(rule, terms)),
)}
<h2>History of the rules before the decision</h2>
${
  evidence.ruleHistory === null
    ? '<p>Not read: the pipeline has too many executions.</p>'
    : table(
        `In the 90 days up to the decision. ${evidence.ruleHistory.executions} executions, ${evidence.ruleHistory.sampled} of them read.`,
        ['Rule', 'Operator', 'Threshold', 'Version', 'First seen', 'Last seen', 'Executions'],
        evidence.ruleHistory.rules.flatMap(({ id, settings }) =>
          settings.map(({ op, threshold, version, firstAt, lastAt, executions }) => [
            named(terms.name('rules', id), id),
            op ?? '',
            stringifyJson(threshold),
            version ?? '',
            firstAt,
            lastAt,
            String(executions),
          ]),
        ),
      )
}
<h2>Linked executions</h2>
<p>${escapeHtml(endText(linked.ended))}</p>
${table(
  null,
  ['Direction', 'Relation', 'Execution', 'Outcome', 'Time'],
  [
    ...linked.to.map(({ executionId: to, relation }) => ['to', relation, to, '', '']),
    ...linked.from.map((link) => [
      'from',
      link.relation,
      link.executionId,
      link.outcome ?? '',
      link.at,
    ]),
  ],
)}
<h2>Audit entries</h2>
${
  audit.withheld
    ? '<p>Left out: only an owner of the app may read its audit log.</p>'
    : table(
        audit.more ? 'The newest ones. There are older entries.' : null,
        ['Time', 'Who', 'Did', 'Details'],
        audit.entries.map(({ at, actor, action, details }) => [
          at,
          auditActorText(actor),
          auditActionText(action),
          JSON.stringify(details),
        ]),
      )
}
<h2>Digests</h2>
${table(
  'SHA-256 of the JSON text of each part, in UTF-8.',
  ['Part', 'SHA-256'],
  Object.entries(digests),
)}
${Object.entries(texts)
  .map(
    ([part, text]) =>
      `<h2>${escapeHtml(part[0]?.toUpperCase() + part.slice(1))} as JSON</h2>\n<pre id="${escapeHtml(part)}">${escapeHtml(text)}</pre>`,
  )
  .join('\n')}
`;
  return wholePage({ language: 'en', title, style: STYLE, body });
}

function ruleRow(rule: RuleEvidence, terms: Terms): string[] {
  const { version, field, op, threshold, actual, unit, result, step } = rule;
  const name = named(terms.name('rules', rule.rule), rule.rule);
  return [
    rule.decisive ? `${name} (decided)` : name,
    version ?? '',
    field === null ? '' : named(terms.name('fields', field), field),
    op ?? '',
    threshold === undefined ? '' : stringifyJson(threshold),
    actual === undefined ? '' : valueText(actual, unit),
    result ?? '',
    `${step.sequence} ${step.name}`,
  ];
}

function endText(ended: ExecutionEvidence['linked']['ended']): string {
  if (ended === null) return 'No decision is in force.';
  return `The decision in force is ${ended.outcome}, by execution ${ended.executionId} (${ended.by}) at ${ended.at}.`;
}

function named(name: string, code: string): string {
  return name === code ? code : `${name} (${code})`;
}

function table(caption: string | null, head: string[], rows: string[][]): string {
  if (rows.length === 0) return '<p>None.</p>';
  const cells = (tag: 'th' | 'td', values: string[]): string =>
    `<tr>${values.map((value) => `<${tag}>${escapeHtml(value)}</${tag}>`).join('')}</tr>`;
  return `<div class="wide"><table>${caption === null ? '' : `<caption>${escapeHtml(caption)}</caption>`}
<thead>${cells('th', head)}</thead>
<tbody>
${rows.map((row) => cells('td', row)).join('\n')}
</tbody></table></div>`;
}

'use client';

import { AUDIT_ACTIONS } from '@xray/core/audit-texts';
import { useQueryStates } from 'nuqs';
import { DownloadButton } from '@/components/download-button';
import { Field } from '@/components/ui/field';
import { auditCsvUrl, getAuditCsv, type AuditFilter } from '@/lib/access-api';
import { auditParams } from './search-params';
import { Select } from './select';

const ACTIONS = [
  { value: '', label: 'All actions' },
  ...Object.entries(AUDIT_ACTIONS)
    .map(([value, text]) => ({ value, label: text.charAt(0).toUpperCase() + text.slice(1) }))
    .sort((a, b) => a.label.localeCompare(b.label)),
];

/** Filters the audit log by person, action and target, and exports what it finds. */
export function AuditFilterBar({ app, filter }: { app: string | null; filter: AuditFilter }) {
  const [, setFilter] = useQueryStates(auditParams);
  return (
    <div className="flex flex-wrap items-end gap-3">
      <Field
        label="Person"
        type="search"
        className="min-w-40 flex-1"
        placeholder="email, key or command line"
        autoComplete="off"
        spellCheck={false}
        value={filter.actor}
        onChange={(event) => void setFilter({ actor: event.target.value || null })}
      />
      <Select
        label="Action"
        className="min-w-40 flex-1"
        options={ACTIONS}
        value={filter.action}
        onChange={(event) => void setFilter({ action: event.target.value || null })}
      />
      <Field
        label="Execution or other target"
        type="search"
        className="min-w-40 flex-1"
        placeholder="complete id or address"
        autoComplete="off"
        spellCheck={false}
        value={filter.target}
        onChange={(event) => void setFilter({ target: event.target.value || null })}
      />
      <DownloadButton
        urlAt={() => auditCsvUrl(app, filter)}
        read={() => getAuditCsv(app, filter)}
        file={`${app ?? 'x-ray'}-audit.csv`}
        about="Export all matching entries as CSV"
      />
    </div>
  );
}

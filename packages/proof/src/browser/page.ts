import { webHashes } from '../hashes.js';
import { UnreadableNote } from '../note.js';
import {
  FATE_WORDS,
  FATES,
  LEVELS,
  NOT_PROVED,
  type Finding,
  type Remark,
  type Report,
} from '../report.js';
import { ABOUT_FAULT, readAbout, readKept, type Kept } from '../inputs.js';
import { verifyExport, type ExportFiles } from '../verify.js';

/** The page verify.html: it checks the folder of an export without a server and without a network. */

const FILES = ['checkpoint', 'entries', 'records.ndjson', 'about.json'];
const keyField = element('key', HTMLInputElement);
const folderField = element('folder', HTMLInputElement);
const keptField = element('kept', HTMLInputElement);
const button = element('check', HTMLButtonElement);
const status = element('status', HTMLElement);
const output = element('report', HTMLElement);

button.addEventListener('click', () => {
  button.disabled = true;
  output.replaceChildren();
  say('Checking …');
  check()
    .catch((error: unknown) => {
      const isExpected = error instanceof CannotTell || error instanceof UnreadableNote;
      say(`Cannot tell: ${isExpected ? error.message : `this browser failed (${String(error)})`}.`);
    })
    .finally(() => (button.disabled = false));
});

class CannotTell extends Error {
  override name = 'CannotTell';
}

async function check(): Promise<void> {
  if (keyField.value.trim() === '') throw new CannotTell('enter the public key of the log first');
  const files = new Map(
    Array.from(folderField.files ?? [], (file) => [pathIn(file), file] as const),
  );
  const missing = FILES.filter((name) => !files.has(name));
  if (files.size === 0) throw new CannotTell('choose the folder of an export first');
  if (missing.length > 0) throw new CannotTell(`the folder has no file ${missing.join(', ')}`);
  const kept = await keptState();
  const started = performance.now();
  const { report, keep } = await verifyExport(
    webHashes(),
    await exportOf(files),
    { vkey: keyField.value.trim(), now: Date.now(), ...(kept && { kept }) },
    ({ entries, records }) => say(`${entries} entries, ${records} records …`),
  );
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  say(`Checked in ${seconds} seconds, on this computer alone.`);
  show(report, keep);
}

/** The path below the chosen folder. */
function pathIn(file: File): string {
  return file.webkitRelativePath.split('/').slice(1).join('/') || file.name;
}

async function exportOf(files: Map<string, File>): Promise<ExportFiles> {
  const about = readAbout((await files.get('about.json')?.text()) ?? '');
  if (!about) throw new CannotTell(ABOUT_FAULT);
  const anchors = [...files].filter(([name]) => /^anchors\/.*\.checkpoint$/.test(name));
  return {
    checkpoint: (await files.get('checkpoint')?.text()) ?? '',
    entries: chunksOf(files.get('entries')),
    records: chunksOf(files.get('records.ndjson')),
    about,
    anchors: await Promise.all(
      anchors.map(async ([name, file]) => ({ name, text: await file.text() })),
    ),
  };
}

async function* chunksOf(file: File | undefined): AsyncGenerator<Uint8Array> {
  const reader = file?.stream().getReader();
  for (;;) {
    const part = await reader?.read();
    if (part === undefined || part.done) return;
    yield part.value;
  }
}

async function keptState(): Promise<Kept | undefined> {
  const [file] = keptField.files ?? [];
  const kept = file && readKept(await file.text());
  if (file && !kept) throw new CannotTell(`${file.name} holds no state of an earlier check`);
  return kept;
}

function show(report: Report, keep: Kept | undefined): void {
  const { log, findings, moreFindings, remarks, moreRemarks } = report;
  const problems = findings.length + moreFindings;
  const verdict = report.isSound
    ? '✓ Nothing in this export contradicts the log.'
    : `✕ ${problems} ${problems === 1 ? 'problem' : 'problems'} found.`;
  output.append(
    block('p', verdict, report.isSound ? 'verdict sound' : 'verdict broken'),
    block('p', `Level: ${LEVELS[report.level]}.`),
  );
  if (log) output.append(block('p', `${log.origin} · ${log.size} entries · app ${log.app}`, 'dim'));
  const counts = FATES.filter((fate) => report.fates[fate] > 0);
  output.append(list(counts.map((fate) => `${report.fates[fate]} ${FATE_WORDS[fate]}`)));
  section('Problems', findings, moreFindings);
  section('Listed one by one', remarks, moreRemarks);
  output.append(block('h2', 'Not proved'), list([...NOT_PROVED]));
  if (keep) output.append(keepLink(keep));
}

function section(title: string, items: (Finding | Remark)[], more: number): void {
  if (items.length === 0) return;
  const rows = items.map((item) => {
    const kind = ('problem' in item ? item.problem : item.kind).replaceAll('_', ' ');
    const place = item.leaf === undefined ? '' : ` · leaf ${item.leaf}`;
    const time = item.sealedAt === undefined ? '' : ` · sealed ${item.sealedAt}`;
    return `${kind}${place}${time}: ${item.text}`;
  });
  output.append(block('h2', title), list(more > 0 ? [...rows, `and ${more} more`] : rows));
}

function keepLink(keep: Kept): HTMLElement {
  const link = document.createElement('a');
  link.href = `data:application/json,${encodeURIComponent(`${JSON.stringify(keep)}\n`)}`;
  link.download = 'state.json';
  link.textContent = 'Save the state of this check';
  const line = block('p', '');
  line.append(link, ' and choose it at the next check. A shortened or rewritten log then shows.');
  return line;
}

function list(items: string[]): HTMLElement {
  const made = document.createElement('ul');
  made.append(...items.map((item) => block('li', item)));
  return made;
}

function block(tag: string, text: string, className = ''): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}

function say(text: string): void {
  status.textContent = text;
}

function element<Type extends HTMLElement>(id: string, type: new () => Type): Type {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new TypeError(`the page has no ${id}`);
  return found;
}

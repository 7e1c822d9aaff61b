/** The shell commands that pull records of an app and replay them on the code of a folder. */
export function replayCommands(app: string, q: string | null): string {
  const filter = q === null || q === '' ? '' : ` -q ${shellQuoted(q)}`;
  return [
    `xray-replay pull --app ${shellQuoted(app)}${filter} --spread outcome,rule -o records.ndjson.gz`,
    'xray-replay run records.ndjson.gz --store',
  ].join('\n');
}

/** A word of a POSIX shell. */
function shellQuoted(text: string): string {
  return /^[\w.:@%+,/-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

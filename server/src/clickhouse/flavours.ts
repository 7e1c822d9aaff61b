/**
 * How the tables are laid out. `cluster`: shards and replicas of one's own, by the name in `remote_servers`.
 * `cloud`: ClickHouse Cloud, which replicates every table by itself.
 */
export type Flavour = { kind: 'single' } | { kind: 'cloud' } | { kind: 'cluster'; cluster: string };

/** Distributed tables have the plain name, so a question is the same text in every flavour. */
export function localName(flavour: Flavour, table: string): string {
  return flavour.kind === 'cluster' ? `${table}_local` : table;
}

/** A single node writes to its disk before it answers. A retried insert is recognized by its token for an hour. */
const SINGLE_SETTINGS =
  'fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000';
const REPLICATED_SETTINGS =
  'replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 3600';
/** A week that is over becomes one part, which FINAL reads without merging. */
const MERGED_EARLY =
  'min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1';

/** The statements of a migration, for one flavour. A `{{name arguments}}` of the template depends on it. */
export function expand(template: string, flavour: Flavour): string[] {
  const onCluster = flavour.kind === 'cluster' ? ` ON CLUSTER '${flavour.cluster}'` : '';
  const directives: Record<string, (...args: string[]) => string> = {
    table: (name = '') => localName(flavour, name) + onCluster,
    view: (name = '') => name + onCluster,
    local: (name = '') => localName(flavour, name),
    engine: (name = '', ...columns) => engineOf(flavour, name, columns),
    settings: () =>
      [
        flavour.kind === 'single' ? SINGLE_SETTINGS : REPLICATED_SETTINGS,
        ...(flavour.kind === 'cloud' ? [] : [MERGED_EARLY]),
      ].join(', '),
    distributed: (name = '') =>
      flavour.kind === 'cluster'
        ? `CREATE TABLE IF NOT EXISTS ${name}${onCluster} AS ${localName(flavour, name)}
ENGINE = Distributed('${flavour.cluster}', currentDatabase(), ${localName(flavour, name)}, sipHash64(app, execution_id))`
        : '',
  };
  const text = template
    .replaceAll(/^--.*$/gm, '')
    .replaceAll(/\{\{(\w+)([^}]*)\}\}/g, (whole, name: string, args: string) => {
      const directive = directives[name];
      if (directive === undefined) throw new Error(`unknown directive ${whole}`);
      return directive(...args.trim().split(/\s+/));
    });
  return text
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

function engineOf(flavour: Flavour, name: string, columns: string[]): string {
  if (flavour.kind !== 'cluster') return `${name}(${columns.join(', ')})`;
  const place = ["'/clickhouse/tables/{uuid}/{shard}'", "'{replica}'"];
  return `Replicated${name}(${[...place, ...columns].join(', ')})`;
}

/** A list as somebody wants to come back to it: its address without the app. */
export interface SavedView {
  name: string;
  /** The query of the address, of {@link VIEW_PARAMS} alone. */
  search: string;
}

/** What makes a view; who looks at what in it, and whether it is live, does not. */
const VIEW_PARAMS = ['q', 'from', 'to', 'sort', 'cols', 'by'];
const MAX_VIEWS = 100;
export const MAX_NAME_LENGTH = 80;

/** The view that an address shows. */
export function viewSearch(search: string): string {
  const given = new URLSearchParams(search);
  const kept = new URLSearchParams();
  for (const name of VIEW_PARAMS) {
    const value = given.get(name);
    if (value !== null && value !== '') kept.set(name, value);
  }
  return kept.toString();
}

/** Puts a view in the place of the one of its name, or among the others by name. */
export function saveView(views: readonly SavedView[], view: SavedView): SavedView[] {
  const name = view.name.trim().slice(0, MAX_NAME_LENGTH);
  if (name === '') return [...views];
  return [...removeView(views, name), { name, search: viewSearch(view.search) }]
    .toSorted((a, b) => a.name.localeCompare(b.name))
    .slice(0, MAX_VIEWS);
}

export function removeView(views: readonly SavedView[], name: string): SavedView[] {
  return views.filter((each) => each.name !== name);
}

/** Reads kept views, of which anything may have been written by anybody. */
export function parseViews(text: string | null): SavedView[] {
  if (text === null) return [];
  try {
    const kept: unknown = JSON.parse(text);
    return Array.isArray(kept) ? kept.filter(isView) : [];
  } catch {
    return [];
  }
}

function isView(value: unknown): value is SavedView {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'search' in value &&
    typeof value.search === 'string'
  );
}

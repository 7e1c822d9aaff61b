import MarkdownIt from 'markdown-it';

type Tokens = ReturnType<MarkdownIt['parse']>;

/** Raw HTML in a template is shown as text. Images are left out, since a letter loads nothing. */
const markdown = new MarkdownIt({ html: false, linkify: false }).disable('image');

const STYLE = `
  @page { margin: 25mm 20mm; }
  body { max-width: 42rem; margin: 2rem auto; padding: 0 1.25rem; color: #111; background: #fff;
    font: 12pt/1.5 Georgia, 'Times New Roman', serif; overflow-wrap: anywhere; }
  h1 { font-size: 1.4em; } h2 { font-size: 1.1em; margin-top: 1.6em; break-after: avoid; }
  li, p { break-inside: avoid; }
  @media print { body { margin: 0; padding: 0; max-width: none; } }`;

/** One page that needs nothing else, for a screen and for paper. */
export function letterPage(text: string, { language, title }: { language: string; title: string }) {
  return wholePage({ language, title, style: STYLE, body: markdown.render(text) });
}

/** An HTML page that loads nothing. `body` is HTML. */
export function wholePage({
  language,
  title,
  style,
  body,
}: {
  language: string;
  title: string;
  style: string;
  body: string;
}): string {
  return `<!doctype html>
<html lang="${escapeHtml(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>${escapeHtml(title)}</title>
<style>${style}
</style>
</head>
<body>
${body}</body>
</html>
`;
}

/** The letter without any marks, for a terminal or a plain mail. */
export function letterText(text: string): string {
  const lines: string[] = [];
  const lists: { next: number | undefined }[] = [];
  let prefix = '';
  for (const token of markdown.parse(text, {})) {
    switch (token.type) {
      case 'bullet_list_open':
        lists.push({ next: undefined });
        break;
      case 'ordered_list_open':
        lists.push({ next: Number(token.attrGet('start') ?? 1) });
        break;
      case 'bullet_list_close':
      case 'ordered_list_close':
        lists.pop();
        if (lists.length === 0) lines.push('');
        break;
      case 'list_item_open': {
        const list = lists.at(-1);
        const mark = list?.next === undefined ? '-' : `${list.next++}.`;
        prefix = `${'  '.repeat(lists.length)}${mark} `;
        break;
      }
      case 'inline':
        lines.push(prefix + inlineText(token.children ?? []));
        if (lists.length === 0) lines.push('');
        prefix = '';
        break;
      case 'fence':
      case 'code_block':
        lines.push(token.content.trimEnd(), '');
        break;
      default:
    }
  }
  return `${lines
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()}\n`;
}

function inlineText(tokens: Tokens): string {
  return tokens
    .map(({ type, content }) => (type === 'softbreak' || type === 'hardbreak' ? '\n' : content))
    .join('');
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

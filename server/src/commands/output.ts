export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  say(JSON.stringify(value, null, 2));
}

import type { KnownKind } from '@xray/core';
import {
  ArrowDownWideNarrowIcon,
  BotIcon,
  CircleDotIcon,
  DatabaseIcon,
  FolderIcon,
  FunnelIcon,
  GavelIcon,
  ListChecksIcon,
  ScaleIcon,
  ShieldIcon,
  ShuffleIcon,
  SparklesIcon,
  UserIcon,
  ZapIcon,
  type LucideIcon,
} from 'lucide-react';
import { cn } from '@/lib/cn';

const ICONS: Record<KnownKind, LucideIcon> = {
  retrieve: DatabaseIcon,
  transform: ShuffleIcon,
  model: SparklesIcon,
  llm: BotIcon,
  rules: ListChecksIcon,
  filter: FunnelIcon,
  rank: ArrowDownWideNarrowIcon,
  guard: ShieldIcon,
  evaluate: ScaleIcon,
  human: UserIcon,
  action: ZapIcon,
  decide: GavelIcon,
  group: FolderIcon,
  other: CircleDotIcon,
};

/** The icon of a step's kind. It is decoration: the caller shows the word. An unknown kind has a plain icon. */
export function KindMark({ kind, className }: { kind: string; className?: string }) {
  const Icon = isKnown(kind) ? ICONS[kind] : CircleDotIcon;
  return <Icon aria-hidden className={cn('inline size-3.5 shrink-0 text-ink-faint', className)} />;
}

function isKnown(kind: string): kind is KnownKind {
  return Object.hasOwn(ICONS, kind);
}

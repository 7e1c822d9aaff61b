import Link from 'next/link';
import { EmptyState } from '@/components/states';
import { Button } from '@/components/ui/button';

export default function NotFound() {
  return (
    <EmptyState heading="h1" title="There is no such page">
      <p className="mb-3">The address may be mistyped, or of a newer version than this server.</p>
      <Button asChild>
        <Link href="/">To the apps</Link>
      </Button>
    </EmptyState>
  );
}

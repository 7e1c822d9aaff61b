import Link from 'next/link';
import { EmptyState } from '@/components/states';
import { Button } from '@/components/ui/button';

export default function NotFound() {
  return (
    <EmptyState heading="h1" title="Page not found">
      <p className="mb-3">The address may be mistyped, or belong to a newer version of X-Ray.</p>
      <Button asChild>
        <Link href="/">Go to the apps</Link>
      </Button>
    </EmptyState>
  );
}

import { AppsPage } from '@/features/home/apps-page';

export default function Page() {
  return <AppsPage />;
}

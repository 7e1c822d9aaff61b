'use client';

import { MonitorIcon, MoonIcon, SlidersHorizontalIcon, SunIcon } from 'lucide-react';
import { Button } from '@/components/ui/button';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuLabel,
  DropdownMenuRadioGroup,
  DropdownMenuRadioItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from '@/components/ui/dropdown-menu';
import { setTheme, setZone, useTheme, useZone, type Theme } from '@/lib/preferences';

/** Theme and time zone: preferences of this browser, so not in the address. */
export function DisplayMenu() {
  const theme = useTheme();
  const zone = useZone();
  return (
    <DropdownMenu>
      <DropdownMenuTrigger asChild>
        <Button
          variant="ghost"
          size="icon"
          aria-label="Display: theme and time zone"
          title="Theme and time zone"
        >
          <SlidersHorizontalIcon aria-hidden />
        </Button>
      </DropdownMenuTrigger>
      <DropdownMenuContent>
        <DropdownMenuLabel>Theme</DropdownMenuLabel>
        <DropdownMenuRadioGroup value={theme} onValueChange={(value) => setTheme(value as Theme)}>
          <DropdownMenuRadioItem value="light">
            <SunIcon aria-hidden /> Light
          </DropdownMenuRadioItem>
          <DropdownMenuRadioItem value="dark">
            <MoonIcon aria-hidden /> Dark
          </DropdownMenuRadioItem>
          <DropdownMenuRadioItem value="system">
            <MonitorIcon aria-hidden /> System
          </DropdownMenuRadioItem>
        </DropdownMenuRadioGroup>
        <DropdownMenuSeparator />
        <DropdownMenuLabel>Times in</DropdownMenuLabel>
        <DropdownMenuRadioGroup
          value={zone}
          onValueChange={(value) => setZone(value === 'utc' ? 'utc' : 'local')}
        >
          <DropdownMenuRadioItem value="local">This machine’s zone</DropdownMenuRadioItem>
          <DropdownMenuRadioItem value="utc">UTC</DropdownMenuRadioItem>
        </DropdownMenuRadioGroup>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}

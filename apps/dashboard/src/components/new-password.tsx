'use client';

import { useState } from 'react';
import { Field } from './ui/field';
import { Button } from './ui/button';

const MIN_LENGTH = 12;

/** A field for a new password. The person can show it instead of typing it twice. */
export function NewPassword({
  label,
  name,
  error,
}: {
  label: string;
  name: string;
  error?: string | undefined;
}) {
  const [shown, setShown] = useState(false);
  return (
    <div className="relative">
      <Field
        label={label}
        name={name}
        type={shown ? 'text' : 'password'}
        autoComplete="new-password"
        required
        minLength={MIN_LENGTH}
        maxLength={128}
        spellCheck={false}
        autoCapitalize="none"
        hint={`At least ${MIN_LENGTH} characters. A few words work well.`}
        error={error}
      />
      <Button
        variant="ghost"
        size="sm"
        className="absolute -top-1 right-0"
        aria-pressed={shown}
        aria-label={`Show the ${label.toLowerCase()}`}
        onClick={() => setShown(!shown)}
      >
        {shown ? 'Hide' : 'Show'}
      </Button>
    </div>
  );
}

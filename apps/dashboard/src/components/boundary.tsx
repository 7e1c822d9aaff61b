'use client';

import { Component, type ReactNode } from 'react';
import { ErrorState } from './states';

interface BoundaryProps {
  /** What is said when a part breaks. */
  title: string;
  children: ReactNode;
}

/** A part of a page that may break without taking the rest along. Give it a `key` of what it shows. */
export class Boundary extends Component<BoundaryProps, { failure: { error: unknown } | null }> {
  override state: { failure: { error: unknown } | null } = { failure: null };

  static getDerivedStateFromError(error: unknown) {
    return { failure: { error } };
  }

  override render() {
    const { failure } = this.state;
    if (failure === null) return this.props.children;
    return (
      <ErrorState
        error={failure.error}
        title={this.props.title}
        onRetry={() => retry(failure.error, () => this.setState({ failure: null }))}
      />
    );
  }
}

/** A part of the program that could not be loaded stays so until the page is: the server may have a newer one. */
export function retry(error: unknown, again: () => void): void {
  if (error instanceof Error && error.name === 'ChunkLoadError') location.reload();
  else again();
}

'use client';

import { useQueryClient } from '@tanstack/react-query';
import { Component, type ReactNode } from 'react';
import { ErrorState, SmallErrorState } from './states';

interface BoundaryProps {
  /** The title of the error. */
  title: string;
  /** The identity of the content. Another identity clears a failure. */
  of?: string | number;
  /** Reloads the data from above. The part's own data reloads by itself. */
  onRetry?: () => Promise<unknown>;
  /** Shows the error in one line. */
  small?: boolean;
  className?: string;
  children: ReactNode;
}

/** A part of a page whose failure leaves the rest working. */
export function Boundary({ onRetry, ...props }: BoundaryProps) {
  const client = useQueryClient();
  return (
    <Catcher
      {...props}
      onAgain={async () => {
        // The broken data may be what only the failed part showed, so queries without a viewer are
        // removed too.
        client.removeQueries({ type: 'inactive' });
        await onRetry?.();
      }}
    />
  );
}

interface CatcherProps extends Omit<BoundaryProps, 'onRetry'> {
  onAgain: () => Promise<unknown>;
}

interface CatcherState {
  of: string | number | undefined;
  failure: { error: unknown } | null;
}

class Catcher extends Component<CatcherProps, CatcherState> {
  override state: CatcherState = { of: this.props.of, failure: null };

  static getDerivedStateFromError(error: unknown) {
    return { failure: { error } };
  }

  static getDerivedStateFromProps({ of }: CatcherProps, state: CatcherState): CatcherState | null {
    return of === state.of ? null : { of, failure: null };
  }

  override render() {
    const { failure } = this.state;
    const { title, small, className, children, onAgain } = this.props;
    if (failure === null) return children;
    const again = async () => {
      await onAgain();
      this.setState({ failure: null });
    };
    const State = small === true ? SmallErrorState : ErrorState;
    return (
      <State
        error={failure.error}
        title={title}
        className={className}
        onRetry={() => retry(failure.error, () => void again())}
      />
    );
  }
}

/**
 * If part of the program could not be loaded, the page is reloaded: the server may have a newer
 * version.
 */
export function retry(error: unknown, again: () => void): void {
  if (error instanceof Error && error.name === 'ChunkLoadError') location.reload();
  else again();
}

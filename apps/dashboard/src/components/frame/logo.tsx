export function Logo() {
  return (
    <svg aria-hidden viewBox="0 0 20 20" className="size-5 shrink-0">
      <rect width="20" height="20" rx="5" fill="var(--accent)" />
      <path
        d="M5 6.5h10M7 10h8M10 13.5h5"
        stroke="var(--accent-ink)"
        strokeWidth="2"
        strokeLinecap="round"
      />
    </svg>
  );
}

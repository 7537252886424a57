export function Logo({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden className={className}>
      <rect width="32" height="32" rx="9" fill="#0f766e" />
      <path d="M9 12h6a4 4 0 0 1 4 4v0a4 4 0 0 0 4 4" fill="none" stroke="#99f6e4" strokeWidth="2.4" strokeLinecap="round" />
      <circle cx="9" cy="12" r="3" fill="#fff" />
      <circle cx="23" cy="20" r="3" fill="#fff" />
    </svg>
  );
}

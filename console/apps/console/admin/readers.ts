// Who sees a page of the administration, and who changes what is on it.
export const ADMIN = ["admin"] as const;
export const KEEPERS = ["admin", "supervisor"] as const;
export const DESK = ["admin", "supervisor", "dispatcher"] as const;
export const READERS = ["admin", "supervisor", "team_lead", "dispatcher", "auditor"] as const;
export const OFFICE = ["admin", "supervisor", "team_lead", "auditor"] as const;
export const AUDITED = ["admin", "auditor"] as const;

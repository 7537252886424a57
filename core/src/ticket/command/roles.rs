//! Who may, and how far: the rows of the matrix of roles. Source: domain, role × command matrix.

use crate::role::Role;
use crate::ticket::command::Reach;

type Roles = &'static [(Role, Reach)];

const fn all(role: Role) -> (Role, Reach) {
    (role, Reach::All)
}

const fn own(role: Role) -> (Role, Reach) {
    (role, Reach::Own)
}

const AD: (Role, Reach) = all(Role::Admin);
const SV: (Role, Reach) = all(Role::Supervisor);
const TL: (Role, Reach) = own(Role::TeamLead);
const SA: (Role, Reach) = own(Role::SupportAgent);
const DI: (Role, Reach) = all(Role::Dispatcher);
const TE: (Role, Reach) = own(Role::Technician);
const VE: (Role, Reach) = own(Role::Vendor);
const QA: (Role, Reach) = all(Role::Qa);
const AP: (Role, Reach) = all(Role::Approver);
const FI: (Role, Reach) = all(Role::Finance);
const CU: (Role, Reach) = own(Role::Customer);
const AI: (Role, Reach) = all(Role::AiAgent);
const SY: (Role, Reach) = all(Role::System);
const AU: (Role, Reach) = all(Role::Auditor);

pub(super) const CREATE: Roles = &[AD, SV, TL, SA, DI, AI, SY];
pub(super) const TRIAGE: Roles = &[AD, SV, TL, SA, DI, AI];
pub(super) const DECIDE: Roles = &[AD, SV, DI, AP];
pub(super) const PROPOSE: Roles = &[AD, SV, TL, SA, DI, AI, SY];
pub(super) const CONFIRM: Roles = &[AD, SV, TL, DI, CU, SY];
pub(super) const REJECT: Roles = &[AD, SV, TL, DI, CU, AI, SY];
pub(super) const HOLD: Roles = &[AD, SV, TL, DI, SY];
pub(super) const RELEASE: Roles = &[AD, SV, TL, DI, CU, SY];
pub(super) const RESCHEDULE: Roles = &[AD, SV, TL, DI];
pub(super) const RECOMMEND: Roles = &[AD, SV, TL, DI, AI, SY];
/// The system may, but only what a vendor's own booking led to: a guard of the command looks at that.
pub(super) const DISPATCH: Roles = &[AD, SV, TL, DI, SY];
pub(super) const ACCEPT: Roles = &[TE, VE];
pub(super) const WORK: Roles = &[DI, TE, VE];
pub(super) const RESUME: Roles = &[SV, TL, DI, TE, VE];
pub(super) const REQUEST_CHANGE: Roles = &[TE, VE];
pub(super) const ADD_EVIDENCE: Roles = &[AD, SV, TL, SA, DI, TE, VE, QA, AI];
pub(super) const CANDIDATE: Roles = &[DI, TE, AI];
pub(super) const EXCEPTION: Roles = &[AD, SV, QA, AP];
pub(super) const VERIFY: Roles = &[AD, SV, DI, QA];
pub(super) const INVOICE: Roles = &[AD, FI];
pub(super) const CLOSE: Roles = &[AD, SV, DI, AP, FI, SY];
pub(super) const FORCE_CLOSE: Roles = &[AD, SV, AP];
pub(super) const CANCEL: Roles = &[AD, SV, DI, AP, FI];
pub(super) const FORCE: Roles = &[AD, SV, DI];
pub(super) const REOPEN: Roles = &[AD, SV, DI, QA];
pub(super) const REVIEW: Roles = &[AD, SV, DI];
pub(super) const ESCALATE: Roles = &[AD, SV, all(Role::TeamLead), all(Role::SupportAgent), DI, TE, AI, SY];
pub(super) const UPDATE: Roles = &[AD, SV, TL, SA, DI, TE];
pub(super) const AUTONOMY: Roles = &[AD, SV, DI];
pub(super) const REPLAY: Roles = &[AD, SV, FI];

pub(super) const READ: Roles = &[AD, SV, TL, SA, DI, TE, VE, QA, AP, FI, CU, AI, SY, AU];
pub(super) const READ_EVIDENCE: Roles = &[AD, SV, TL, SA, DI, TE, VE, QA, AP, FI, AI, SY, AU];
pub(super) const READ_INVOICE: Roles = &[AD, SV, DI, FI, AU];
pub(super) const COCKPIT: Roles = &[AD, SV, TL, DI, SY, AU];
pub(super) const PACKET: Roles = &[DI, TE, VE, AU];
pub(super) const READ_OPERATIONS: Roles = &[AD, SV, DI, FI, SY, AU];

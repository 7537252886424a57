//! Rows of the commands from evidence to the end.

use super::field::{Field, FieldKind, LINE, NAME, TEXT, optional, required};
use super::{Actors, Command, CommandRow, DEFAULTS, OPEN, roles};
use crate::role::Role;
use crate::ticket::decision::Topic;
use crate::ticket::state::TicketState as S;
use crate::ticket::words::QaResult;

/// Ids or uris of evidence.
const REFERENCES: FieldKind = FieldKind::List { of: &FieldKind::Text { least: 1, most: 2_000 }, least: 0, most: 200 };

const CHECKLIST: Field =
    required("checklist_status", FieldKind::Map(&FieldKind::Scalar), "Each key of the template's checklist.");
const NO_SIGNATURE: Field =
    optional("no_signature_reason", FieldKind::Text { least: 10, most: 500 }, "Why nobody signed.");
const EVIDENCE_REFS: Field =
    optional("evidence_refs", REFERENCES, "Evidence that counts: ids or uris; all of the ticket's when missing.");
const NOTES: Field = optional("completion_notes", TEXT, "What was done.");

pub(super) const ROWS: &[CommandRow] = &[
    CommandRow {
        command: Command::AddEvidence,
        tool: "closeout.add_evidence",
        route: "/tickets/{ticket_id}/evidence",
        about: "Adds a piece of evidence.",
        guards: "The uri points into the object store. Evidence is never changed or removed.",
        roles: roles::ADD_EVIDENCE,
        from: OPEN,
        fields: &[
            required("kind", NAME, "PHOTO, VIDEO, DOCUMENT, SIGNATURE, NOTE, SENSOR_TEST or another word."),
            required("uri", FieldKind::Text { least: 1, most: 2_000 }, "Where the object is."),
            optional("checksum", NAME, "sha256 of the object, in hex."),
            optional("evidence_key", NAME, "Which requirement of the template it meets."),
            optional("metadata", FieldKind::FreeObject, "Anything else about it."),
        ],
        status: 201,
        topics: &[Topic::EvidenceAdded],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::Complete,
        tool: "tech.complete",
        route: "/tickets/{ticket_id}/tech/complete",
        about: "Says that the work is done.",
        guards: "Own assignment. The closeout gate: evidence, checklist and signature of the template. Paused automation \
                 stops services and assistants, never people.",
        roles: roles::WORK,
        from: &[S::InProgress],
        to: &[S::CompletedPendingVerification],
        fields: &[CHECKLIST, NO_SIGNATURE, EVIDENCE_REFS, NOTES],
        topics: &[Topic::TicketCompleted, Topic::InvoiceDraftRequested],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::Candidate,
        tool: "closeout.candidate",
        route: "/tickets/{ticket_id}/closeout/candidate",
        about: "Says that the work looks done, for a low-risk ticket.",
        guards: "As tech.complete; not for high risk, not while automation is paused.",
        roles: roles::CANDIDATE,
        from: &[S::InProgress],
        to: &[S::CompletedPendingVerification],
        fields: &[CHECKLIST, NO_SIGNATURE, EVIDENCE_REFS, NOTES],
        topics: &[Topic::TicketCompleted, Topic::InvoiceDraftRequested],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::EvidenceException,
        tool: "closeout.evidence_exception",
        route: "/tickets/{ticket_id}/closeout/evidence-exception",
        about: "Waives evidence for a while.",
        guards: "Only people. At most 7 days. The signature cannot be waived.",
        roles: roles::EXCEPTION,
        actors: Actors::Humans,
        from: &[S::InProgress, S::CompletedPendingVerification],
        fields: &[
            required("evidence_keys", FieldKind::List { of: &NAME, least: 1, most: 50 }, "What is waived."),
            required("exception_reason", FieldKind::Text { least: 20, most: 2_000 }, "Why."),
            required("expires_at", FieldKind::Time, "Until when."),
        ],
        topics: &[Topic::EvidenceExceptionGranted],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::QaVerify,
        tool: "qa.verify",
        route: "/tickets/{ticket_id}/qa/verify",
        about: "Accepts the work, or sends it back.",
        guards: "PASS asks the gate again and freezes the evidence; whoever completed the work does not verify it. FAIL \
                 needs notes and goes back to work.",
        roles: roles::VERIFY,
        from: &[S::CompletedPendingVerification],
        to: &[S::Verified, S::InProgress],
        fields: &[
            required("timestamp", FieldKind::Time, "When it was looked at."),
            required("result", FieldKind::Word(QaResult::WORDS), "PASS or FAIL."),
            optional("notes", TEXT, "What was found; needed on FAIL."),
        ],
        topics: &[Topic::QaPassed, Topic::QaFailed],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::Close,
        tool: "ticket.close",
        route: "/tickets/{ticket_id}/close",
        about: "Ends the ticket.",
        guards: "Invoiced; or verified, when it is not billable. With accounting on, the invoice is synced, paid or void. \
                 The gate is asked again. Keeps the closeout packet.",
        roles: roles::CLOSE,
        from: &[S::Invoiced, S::Verified],
        to: &[S::Closed],
        fields: &[optional("reason", LINE, "Why.")],
        topics: &[Topic::TicketClosed],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::ForceClose,
        tool: "ticket.force_close",
        route: "/tickets/{ticket_id}/force-close",
        about: "Ends the ticket past verification.",
        guards: "Only people, in their own role. The work was reported done.",
        roles: roles::FORCE_CLOSE,
        actors: Actors::Humans,
        from: &[S::CompletedPendingVerification],
        to: &[S::Closed],
        fields: &[
            required(
                "override_code",
                FieldKind::Text { least: 5, most: 100 },
                "Why, as a word of the desk's own list.",
            ),
            required("override_reason", FieldKind::Text { least: 20, most: 2_000 }, "Why."),
            required("approver_role", FieldKind::Word(Role::WORDS), "The caller's own role."),
        ],
        topics: &[Topic::TicketForceClosed],
        ..DEFAULTS
    },
    CommandRow {
        command: Command::Reopen,
        tool: "closeout.reopen_after_verification",
        route: "/tickets/{ticket_id}/closeout/reopen-after-verification",
        about: "Takes verified work up again.",
        guards: "An invoice is voided first; not once it is paid. Frozen evidence stays frozen, new evidence may come.",
        roles: roles::REOPEN,
        from: &[S::Verified, S::Invoiced],
        to: &[S::InProgress],
        fields: &[required("reason", LINE, "Why."), optional("reopen_scope", NAME, "What is to be done again.")],
        topics: &[Topic::TicketReopened, Topic::InvoiceVoidRequested],
        ..DEFAULTS
    },
];

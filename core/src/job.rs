//! Work that was promised: rows that a worker takes up when they are due.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::ids::JobId;
use crate::vocabulary;

vocabulary! {
    /// What a job does. One worker file for each.
    pub enum JobKind {
        /// Hand a message to its provider.
        SendMessage => "send_message",
        /// Find out what became of a message whose send had no usable answer.
        ReconcileMessage => "reconcile_message",
        /// See what becomes of a message that its provider took and reported failed later.
        JudgeFailure => "judge_failure",
        /// Wake a snoozed conversation.
        EndSnooze => "end_snooze",
        /// Fetch a received file from its provider.
        FetchMedia => "fetch_media",
        /// Show a customer on WhatsApp that a message was read, or that somebody is typing.
        ShowRead => "show_read",
        /// Read the templates of an inbox from its provider.
        SyncTemplates => "sync_templates",
        /// Ask the requester of a ticket for what is missing.
        AskRequester => "ask_requester",
        /// Deliver an outbox event of a ticket.
        RelayOutbox => "relay_outbox",
        /// Bring what hangs on a contact in line after a merge, a new name or an erasure.
        TidyContact => "tidy_contact",
        /// Read the next rows of a list of contacts.
        ImportContacts => "import_contacts",
        /// Go on repairing dead letters or quarantined events, at the rate somebody asked for.
        RunRepair => "run_repair",
        /// Take a customer's answer to the menu into account.
        Triage => "triage",
        /// Make the ticket that a conversation asks for.
        OpenTicket => "open_ticket",
        /// See whether a deadline of a conversation has come.
        SlaTimer => "sla_timer",
        /// See whether a deadline of a ticket has come.
        TicketSlaTimer => "ticket_sla_timer",
        /// Set the deadlines of a team's conversations anew.
        SlaRecompute => "sla_recompute",
        /// Look for conversations that nobody looks after.
        WatchQueues => "watch_queues",
        /// See what is due of an alert: the next step of its ladder, or the end of a snooze.
        AlertTimer => "alert_timer",
        /// Tell somebody of an alert.
        Notify => "notify",
        /// Tell somebody of several alerts in one mail.
        NotifyDigest => "notify_digest",
        /// Look at the figures that become alerts, and at alerts that are over.
        WatchAlerts => "watch_alerts",
        /// Close conversations whose customers stopped answering.
        CloseIdle => "close_idle",
        /// Begin what the retention policies say is due.
        BeginRetention => "begin_retention",
        /// Take the next bite of what a retention policy says.
        Retain => "retain",
        /// Sign where the chains of the audit end.
        SignHeads => "sign_heads",
        /// Remove what has expired: idempotency keys, parked statuses, old sessions.
        Sweep => "sweep",
    }
}

vocabulary! {
    /// How soon a job wants to run, against the others. Source: S3, queue structure.
    pub enum JobQueue {
        /// A customer or an agent waits.
        High => "high",
        /// Soon.
        Default => "default",
        /// When there is time.
        Low => "low",
    }
}

impl JobQueue {
    /// The order in which queues are stored and served.
    pub fn rank(self) -> i64 {
        match self {
            Self::High => 0,
            Self::Default => 1,
            Self::Low => 2,
        }
    }
}

/// A job about to be promised, in the transaction that needs it done.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Names the job. Jobs of one lane run in the order of their ids.
    pub id: JobId,
    /// How soon.
    pub queue: JobQueue,
    /// What.
    pub kind: JobKind,
    /// Jobs of one lane run one at a time, in order.
    pub lane: Option<String>,
    /// A second job with the same key is not promised.
    pub dedupe_key: Option<String>,
    /// What the worker needs to know.
    pub payload: Value,
    /// Not before.
    pub run_at: DateTime<Utc>,
    /// How often it is tried before it becomes a dead letter.
    pub max_attempts: i64,
}

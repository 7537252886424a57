//! Every family of metrics that this server can show, with what it means. A test holds that the code counts nothing else,
//! and that docs/metrics.md lists them all.

/// How the numbers of a family behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts of values by size.
    Histogram,
}

/// Name, kind and meaning.
pub const FAMILIES: &[(&str, Kind, &str)] = &[
    ("requests_total", Kind::Counter, "Requests that were answered, by method, endpoint and status."),
    ("errors_total", Kind::Counter, "Refusals and failures that callers were told of, by code."),
    ("request_records_dropped_total", Kind::Counter, "Records of requests that the log sink had no room for."),
    ("idempotency_replay_total", Kind::Counter, "Answers that were given again for a key that was used before."),
    ("idempotency_conflict_total", Kind::Counter, "Keys that were used for something else."),
    ("transitions_total", Kind::Counter, "Steps of tickets, by the states before and after."),
    ("dispatch_assignments_with_snapshot_total", Kind::Counter, "Assignments that followed a recommendation."),
    ("dispatch_assignments_without_snapshot_total", Kind::Counter, "Assignments without a recommendation."),
    ("dispatch_override_close_total", Kind::Counter, "Tickets closed over the closeout gate."),
    ("dispatch_override_close_by_code", Kind::Counter, "The same, by the reason that was given."),
    ("intake_messages_total", Kind::Counter, "Inbound messages that were stored."),
    ("intake_events_total", Kind::Counter, "Inbound events that are no messages, by kind."),
    ("intake_batch_requests", Kind::Histogram, "Requests of providers that shared one commit."),
    ("intake_poisoned_total", Kind::Counter, "Inbound events set aside because their batch failed on them."),
    ("contacts_rate_limited_total", Kind::Counter, "Customers who wrote more than they may, by kind."),
    ("consent_entries_total", Kind::Counter, "Decisions about what may be written to whom, by decision and reason."),
    ("inbox_health_changes_total", Kind::Counter, "Inboxes that began to fare better or worse, by state."),
    ("journal_skipped_total", Kind::Counter, "Accepted requests that the journal could not keep."),
    (
        "conversations_auto_assigned_total",
        Kind::Counter,
        "Conversations that were given to an agent without anybody's doing.",
    ),
    (
        "conversations_released_total",
        Kind::Counter,
        "Conversations that went back to their queues because their agent left, by reason.",
    ),
    ("classifier_calls_total", Kind::Counter, "Questions to the classifier of messages, by outcome."),
    ("retention_rows_total", Kind::Counter, "What went because it was kept for long enough, by policy."),
    ("month_strays_total", Kind::Counter, "Rows that were written before their month was made, by table."),
    ("automation_runs_total", Kind::Counter, "Runs of automations and macros, by outcome."),
    ("triage_completed_total", Kind::Counter, "Conversations whose triage came to an end, by reason."),
    ("sla_breaches_total", Kind::Counter, "Promised times that were missed, by what was promised."),
    ("journal_erased_total", Kind::Counter, "Entries of the journal that went with an erased contact."),
    ("assistant_turns_total", Kind::Counter, "Turns of the built-in assistant, by how they ended."),
    ("send_attempts_total", Kind::Counter, "Tries to hand a message to a provider, by channel and outcome."),
    ("send_latency_seconds", Kind::Histogram, "Time from writing a message to the provider taking it, by channel."),
    (
        "reported_failures_total",
        Kind::Counter,
        "Messages that a provider took and reported failed later, by channel and what followed.",
    ),
    ("reconciliations_total", Kind::Counter, "Sends of unknown outcome that were looked into, by outcome."),
    ("media_fetched_total", Kind::Counter, "Received files that were fetched, by channel and outcome."),
    ("media_uploads_total", Kind::Counter, "Files that were handed to a provider, by outcome."),
    ("mail_copies_refused_total", Kind::Counter, "Copies of mails that a server refused."),
    ("read_receipts_total", Kind::Counter, "Read receipts that were sent, by outcome."),
    ("trace_spans_total", Kind::Counter, "Spans of traces, by what became of them: sent, failed, dropped."),
    ("jobs_total", Kind::Counter, "Jobs that ran, by kind and outcome."),
    ("job_duration_seconds", Kind::Histogram, "Time a job took, by kind."),
    ("satisfaction_answers_total", Kind::Counter, "Customers who answered by a message how content they were."),
    ("jobs_due", Kind::Gauge, "Jobs that are due and that nobody has taken, by queue; counted up to 10,000."),
    ("jobs_waiting", Kind::Gauge, "All jobs, by queue; counted up to 10,000."),
    ("dead_letters_total", Kind::Counter, "Work that was given up, by kind."),
    ("outbox_relayed_total", Kind::Counter, "Events of tickets that were handed on, by outcome."),
    ("webhook_calls_total", Kind::Counter, "Calls of outgoing webhooks, by outcome."),
    ("webhook_call_seconds", Kind::Histogram, "Time a call of an outgoing webhook took."),
    ("alerts_raised_total", Kind::Counter, "Alerts that were opened, by severity."),
    ("alert_steps_total", Kind::Counter, "Steps of ladders that were taken."),
    ("notifications_total", Kind::Counter, "People who were told of alerts, by channel and outcome."),
    ("backlog", Kind::Gauge, "Conversations that wait in the queue, by team."),
    ("first_response_seconds", Kind::Gauge, "Time to the first answer by a person over a day, by quantile."),
    ("resolution_seconds", Kind::Gauge, "Time from beginning to end of a conversation over a day, by statistic."),
    ("tickets_open", Kind::Gauge, "Open tickets, by state."),
    ("tool_calls_total", Kind::Counter, "Calls of tools by assistants, by outcome."),
    ("tool_call_seconds", Kind::Histogram, "Time a call of a tool took, by surface."),
    ("tool_gateway_pauses_total", Kind::Counter, "Assistants that were paused."),
    ("integration_circuit_open", Kind::Gauge, "1 while the circuit to another system is open, by adapter."),
    ("patchbay_logins_total", Kind::Counter, "Logins, by outcome."),
    ("patchbay_refresh_reuse_total", Kind::Counter, "Spent refresh tokens that came again; each ended a login."),
    ("patchbay_realtime_sockets", Kind::Gauge, "Open sockets of this node."),
    ("patchbay_realtime_frames_total", Kind::Counter, "Frames that were handed to sockets."),
    ("patchbay_realtime_resyncs_total", Kind::Counter, "Sockets that were too slow and had to read anew."),
];

/// Makes the meanings known to whoever reads the metrics, and begins at 0 those counters that dashboards and alerts ask
/// about before anything has happened.
pub(super) fn describe() {
    for (name, kind, meaning) in FAMILIES {
        match kind {
            Kind::Counter => metrics::describe_counter!(*name, *meaning),
            Kind::Gauge => metrics::describe_gauge!(*name, *meaning),
            Kind::Histogram => metrics::describe_histogram!(*name, *meaning),
        }
    }
    metrics::counter!("intake_messages_total").increment(0);
    metrics::gauge!("patchbay_realtime_sockets").set(0.0);
    for outcome in ["delivered", "failed", "refused"] {
        metrics::counter!("webhook_calls_total", "outcome" => outcome).increment(0);
    }
    for outcome in ["sent", "failed"] {
        metrics::counter!("outbox_relayed_total", "outcome" => outcome).increment(0);
    }
    for kind in patchbay_core::job::JobKind::WORDS {
        metrics::counter!("dead_letters_total", "kind" => *kind).increment(0);
    }
}

//! Route × role → may or may not. Every route of the API document is in the table. The calls name nothing that exists, so
//! a role that may gets anything but a refusal, mostly 400 or 404; one that may not gets 403, and nobody without a token
//! gets anything but 401.

use patchbay_core::ids::RecordId;
use patchbay_core::role::Role;
use patchbay_core::ticket::{CommandRow, Method as CommandMethod, commands};
use patchbay_tests::client::Answer;
use patchbay_tests::{Caller, Deployment, Plan, settings};
use regex::{Captures, Regex};
use reqwest::Method;
use serde_json::{Value, json};

const ABSENT: &str = "0190c8a0-0000-7000-8000-000000000000";

/// Who may pass the door of a route.
#[derive(Clone, Copy, Debug)]
enum Door {
    /// Anybody, with or without a token: the route asks for other proof, or for none.
    Open,
    /// Anybody with a token; what they see is limited to what is theirs.
    AnyRole,
    /// Only these roles.
    Only(&'static [Role]),
    /// Those whom the table of commands lists.
    Command(&'static CommandRow),
}

use Door::{AnyRole, Only, Open};

const ADMIN: Door = Only(&[Role::Admin]);
/// See conversations.
const SEE: Door =
    Only(&[Role::Admin, Role::Supervisor, Role::TeamLead, Role::SupportAgent, Role::System, Role::Auditor]);
/// Work on conversations. Whose, and how far, is decided at the conversation.
const WORK: Door = Only(&[Role::Admin, Role::Supervisor, Role::TeamLead, Role::SupportAgent, Role::System]);
/// See who works here.
const STAFF: Door =
    Only(&[Role::Admin, Role::Supervisor, Role::TeamLead, Role::SupportAgent, Role::Dispatcher, Role::Auditor]);
/// See accounts and sites.
const PLACES: Door = Only(&[
    Role::Admin,
    Role::Supervisor,
    Role::TeamLead,
    Role::SupportAgent,
    Role::Dispatcher,
    Role::Qa,
    Role::Approver,
    Role::Finance,
    Role::AiAgent,
    Role::System,
    Role::Auditor,
]);
/// Set rules and prices.
const CATALOG: Door = Only(&[Role::Admin, Role::Supervisor]);
/// Run the day.
const RUN: Door = Only(&[Role::Admin, Role::Supervisor, Role::Dispatcher]);
const SEE_INBOXES: Door = Only(&[Role::Admin, Role::Supervisor, Role::TeamLead, Role::Auditor]);
const SEE_FAILURES: Door = Only(&[Role::Admin, Role::Supervisor, Role::Auditor]);
const MEND_FAILURES: Door = Only(&[Role::Admin, Role::Supervisor]);
/// See reports.
const REPORTS: Door = Only(&[Role::Admin, Role::Supervisor, Role::TeamLead, Role::Auditor]);
/// See which addresses of others hear of events.
const SEE_WEBHOOKS: Door = Only(&[Role::Admin, Role::Auditor]);
/// See alerts, all or those one is told of.
const SEE_ALERTS: Door =
    Only(&[Role::Admin, Role::Supervisor, Role::TeamLead, Role::SupportAgent, Role::Dispatcher, Role::Auditor]);
/// Look after alerts, and be told of them.
const MEET_ALERTS: Door = Only(&[Role::Admin, Role::Supervisor, Role::TeamLead, Role::SupportAgent, Role::Dispatcher]);
/// See what assistants do.
const SEE_ASSISTANTS: Door = Only(&[Role::Admin, Role::Supervisor, Role::TeamLead, Role::SupportAgent, Role::Auditor]);
/// See what assistants do in all conversations; an agent names one.
const SEE_CALLS: Door = Only(&[Role::Admin, Role::Supervisor, Role::TeamLead, Role::Auditor]);
/// Work with assistants.
const ASK_ASSISTANTS: Door = Only(&[Role::Admin, Role::Supervisor, Role::TeamLead, Role::SupportAgent]);
/// Call tools: assistants, and people with them.
const CALL_TOOLS: Door = Only(&[Role::Admin, Role::Supervisor, Role::TeamLead, Role::SupportAgent, Role::AiAgent]);
/// Record tickets. Source: domain, role × command matrix.
const RECORD: Door = Only(&[
    Role::Admin,
    Role::Supervisor,
    Role::TeamLead,
    Role::SupportAgent,
    Role::Dispatcher,
    Role::AiAgent,
    Role::System,
]);

/// See evidence. Source: domain, role × command matrix.
const SEE_EVIDENCE: Door = Only(&[
    Role::Admin,
    Role::Supervisor,
    Role::TeamLead,
    Role::SupportAgent,
    Role::Dispatcher,
    Role::Technician,
    Role::Vendor,
    Role::Qa,
    Role::Approver,
    Role::Finance,
    Role::AiAgent,
    Role::System,
    Role::Auditor,
]);
/// Add evidence.
const ADD_EVIDENCE: Door = Only(&[
    Role::Admin,
    Role::Supervisor,
    Role::TeamLead,
    Role::SupportAgent,
    Role::Dispatcher,
    Role::Technician,
    Role::Vendor,
    Role::Qa,
    Role::AiAgent,
]);

/// Path, method, who may.
const TABLE: &[(&str, &str, Door)] = &[
    ("/api/v1/accounts", "get", PLACES),
    ("/api/v1/accounts", "post", ADMIN),
    ("/api/v1/accounts/{id}", "get", PLACES),
    ("/api/v1/accounts/{id}", "patch", ADMIN),
    ("/api/v1/accounts/{id}", "delete", ADMIN),
    ("/api/v1/alerts", "get", SEE_ALERTS),
    ("/api/v1/alerts/{id}", "get", SEE_ALERTS),
    ("/api/v1/alerts/{id}/acknowledge", "post", MEET_ALERTS),
    ("/api/v1/alerts/{id}/snooze", "post", MEET_ALERTS),
    ("/api/v1/alerts/{id}/assign", "post", MEET_ALERTS),
    ("/api/v1/alerts/{id}/resolve", "post", MEET_ALERTS),
    ("/api/v1/notification-templates", "get", PLACES),
    ("/api/v1/notification-templates", "post", CATALOG),
    ("/api/v1/notification-templates/preview", "post", CATALOG),
    ("/api/v1/notification-templates/{id}/versions", "get", PLACES),
    ("/api/v1/notification-templates/{id}", "get", PLACES),
    ("/api/v1/notification-templates/{id}", "patch", CATALOG),
    ("/api/v1/notification-templates/{id}", "delete", CATALOG),
    ("/api/v1/alert-rules", "get", PLACES),
    ("/api/v1/alert-rules", "post", CATALOG),
    ("/api/v1/alert-rules/{id}", "get", PLACES),
    ("/api/v1/alert-rules/{id}", "patch", CATALOG),
    ("/api/v1/alert-rules/{id}", "delete", CATALOG),
    ("/api/v1/escalation-ladders", "get", PLACES),
    ("/api/v1/escalation-ladders", "post", CATALOG),
    ("/api/v1/escalation-ladders/{id}", "get", PLACES),
    ("/api/v1/escalation-ladders/{id}", "patch", CATALOG),
    ("/api/v1/escalation-ladders/{id}", "delete", CATALOG),
    ("/api/v1/on-call-schedules", "get", PLACES),
    ("/api/v1/on-call-schedules", "post", CATALOG),
    ("/api/v1/on-call-schedules/{id}", "get", PLACES),
    ("/api/v1/on-call-schedules/{id}", "patch", CATALOG),
    ("/api/v1/on-call-schedules/{id}", "delete", CATALOG),
    ("/api/v1/on-call-schedules/{id}/on-call", "get", PLACES),
    ("/api/v1/automations", "get", PLACES),
    ("/api/v1/automations", "post", CATALOG),
    ("/api/v1/automations/dry-run", "post", CATALOG),
    ("/api/v1/automations/{id}", "get", PLACES),
    ("/api/v1/automations/{id}", "patch", CATALOG),
    ("/api/v1/automations/{id}", "delete", CATALOG),
    ("/api/v1/automation-runs", "get", SEE),
    ("/api/v1/automation-runs/{id}", "get", SEE),
    ("/api/v1/automation-runs/{id}/undo", "post", WORK),
    ("/api/v1/conversations/{id}/macros/{macro_id}", "post", WORK),
    ("/api/v1/internal/threads", "get", MEET_ALERTS),
    ("/api/v1/internal/threads", "post", MEET_ALERTS),
    ("/api/v1/internal/threads/{id}", "get", MEET_ALERTS),
    ("/api/v1/internal/threads/{id}/members", "post", MEET_ALERTS),
    ("/api/v1/internal/threads/{id}/members/{user_id}", "delete", MEET_ALERTS),
    ("/api/v1/internal/threads/{id}/messages", "get", MEET_ALERTS),
    ("/api/v1/internal/threads/{id}/messages", "post", MEET_ALERTS),
    ("/api/v1/internal/threads/{id}/read", "post", MEET_ALERTS),
    ("/api/v1/reports/csat", "get", REPORTS),
    ("/api/v1/reports/sla", "get", REPORTS),
    ("/api/v1/reports/tools", "get", REPORTS),
    ("/api/v1/retention", "get", SEE_FAILURES),
    ("/api/v1/retention/runs", "get", SEE_FAILURES),
    ("/api/v1/retention/runs", "post", ADMIN),
    ("/api/v1/retention/runs/{id}", "get", SEE_FAILURES),
    ("/api/v1/retention/runs/{id}/cancel", "post", ADMIN),
    ("/api/v1/conversations/{id}/archive", "get", SEE),
    ("/api/v1/notification-preferences", "get", MEET_ALERTS),
    ("/api/v1/notification-preferences", "put", MEET_ALERTS),
    ("/api/v1/auth/login", "post", Open),
    ("/api/v1/auth/logout", "post", AnyRole),
    ("/api/v1/auth/refresh", "post", Open),
    ("/api/v1/canned-responses", "get", STAFF),
    ("/api/v1/canned-responses", "post", ADMIN),
    ("/api/v1/canned-responses/{id}", "get", STAFF),
    ("/api/v1/canned-responses/{id}", "patch", ADMIN),
    ("/api/v1/canned-responses/{id}", "delete", ADMIN),
    ("/api/v1/contacts", "get", SEE),
    ("/api/v1/contacts", "post", WORK),
    ("/api/v1/contacts/export", "get", MEND_FAILURES),
    ("/api/v1/contacts/import", "post", MEND_FAILURES),
    ("/api/v1/contacts/imports/{id}", "get", MEND_FAILURES),
    ("/api/v1/contacts/{id}", "get", SEE),
    ("/api/v1/contacts/{id}", "patch", WORK),
    ("/api/v1/contacts/{id}/consent", "post", WORK),
    ("/api/v1/contacts/{id}/context", "get", SEE),
    ("/api/v1/contacts/{id}/erase", "post", ADMIN),
    ("/api/v1/contacts/{id}/export", "get", MEND_FAILURES),
    ("/api/v1/contacts/{id}/identities", "post", WORK),
    ("/api/v1/contacts/{id}/identities/{identity_id}", "delete", WORK),
    ("/api/v1/contacts/{id}/merge", "post", WORK),
    ("/api/v1/contacts/{id}/merge/undo", "post", WORK),
    ("/api/v1/conversations", "get", SEE),
    ("/api/v1/conversations/{id}", "get", SEE),
    ("/api/v1/conversations/{id}", "patch", WORK),
    ("/api/v1/conversations/{id}/assign", "post", WORK),
    ("/api/v1/conversations/{id}/close", "post", WORK),
    ("/api/v1/conversations/{id}/merge", "post", WORK),
    ("/api/v1/conversations/{id}/messages", "get", SEE),
    ("/api/v1/conversations/{id}/messages", "post", WORK),
    ("/api/v1/conversations/{id}/messages/template", "post", WORK),
    ("/api/v1/conversations/{id}/notes", "get", SEE),
    ("/api/v1/conversations/{id}/notes", "post", WORK),
    ("/api/v1/conversations/{id}/read", "post", WORK),
    ("/api/v1/conversations/{id}/reopen", "post", WORK),
    ("/api/v1/conversations/{id}/snooze", "post", WORK),
    ("/api/v1/conversations/{id}/tags", "post", WORK),
    ("/api/v1/conversations/{id}/tags/{tag}", "delete", WORK),
    ("/api/v1/conversations/{id}/take", "post", WORK),
    ("/api/v1/conversations/{id}/ticket", "post", RECORD),
    ("/api/v1/conversations/{id}/transfer", "post", WORK),
    ("/api/v1/dlq", "get", SEE_FAILURES),
    ("/api/v1/dlq/discard", "post", MEND_FAILURES),
    ("/api/v1/dlq/replay", "post", MEND_FAILURES),
    ("/api/v1/dlq/{id}", "get", SEE_FAILURES),
    ("/api/v1/dlq/{id}/discard", "post", MEND_FAILURES),
    ("/api/v1/dlq/{id}/replay", "post", MEND_FAILURES),
    ("/api/v1/events", "get", AnyRole),
    ("/api/v1/inboxes", "get", SEE_INBOXES),
    ("/api/v1/inboxes", "post", ADMIN),
    ("/api/v1/inboxes/{id}", "get", SEE_INBOXES),
    ("/api/v1/inboxes/{id}", "patch", ADMIN),
    ("/api/v1/inboxes/{id}", "delete", ADMIN),
    ("/api/v1/inboxes/{id}/pause", "post", ADMIN),
    ("/api/v1/inboxes/{id}/resume", "post", ADMIN),
    ("/api/v1/inboxes/{id}/templates/sync", "post", ADMIN),
    ("/api/v1/me", "get", AnyRole),
    ("/api/v1/media", "post", WORK),
    ("/api/v1/media/{id}", "get", AnyRole),
    ("/api/v1/presence", "get", AnyRole),
    ("/api/v1/quarantine", "get", SEE_FAILURES),
    ("/api/v1/suppressions", "get", SEE),
    ("/api/v1/quarantine/discard", "post", MEND_FAILURES),
    ("/api/v1/quarantine/replay", "post", MEND_FAILURES),
    ("/api/v1/quarantine/{id}", "get", SEE_FAILURES),
    ("/api/v1/quarantine/{id}/discard", "post", MEND_FAILURES),
    ("/api/v1/quarantine/{id}/replay", "post", MEND_FAILURES),
    ("/api/v1/repairs/{id}", "get", SEE_FAILURES),
    ("/api/v1/reports/backlog", "get", REPORTS),
    ("/api/v1/reports/booking", "get", REPORTS),
    ("/api/v1/reports/channels", "get", REPORTS),
    ("/api/v1/reports/first-response", "get", REPORTS),
    ("/api/v1/reports/resolution", "get", REPORTS),
    ("/api/v1/reports/utilisation", "get", REPORTS),
    ("/api/v1/sites", "get", PLACES),
    ("/api/v1/sites", "post", ADMIN),
    ("/api/v1/sites/{id}", "get", PLACES),
    ("/api/v1/sites/{id}", "patch", ADMIN),
    ("/api/v1/sites/{id}", "delete", ADMIN),
    ("/api/v1/sites/{id}/contacts", "get", PLACES),
    ("/api/v1/sites/{id}/contacts", "post", ADMIN),
    ("/api/v1/sites/{id}/contacts/{contact_id}/{relation}", "delete", ADMIN),
    ("/api/v1/tags", "get", SEE),
    ("/api/v1/teams", "get", STAFF),
    ("/api/v1/teams", "post", ADMIN),
    ("/api/v1/teams/{id}", "get", STAFF),
    ("/api/v1/teams/{id}", "patch", ADMIN),
    ("/api/v1/teams/{id}", "delete", ADMIN),
    ("/api/v1/teams/{id}/members", "get", STAFF),
    ("/api/v1/teams/{id}/members/{user_id}", "put", ADMIN),
    ("/api/v1/teams/{id}/members/{user_id}", "delete", ADMIN),
    ("/api/v1/templates", "get", STAFF),
    ("/api/v1/templates", "post", ADMIN),
    ("/api/v1/templates/{id}", "get", STAFF),
    ("/api/v1/templates/{id}", "patch", ADMIN),
    ("/api/v1/templates/{id}", "delete", ADMIN),
    ("/api/v1/users", "get", STAFF),
    ("/api/v1/users", "post", ADMIN),
    ("/api/v1/users/{id}", "get", STAFF),
    ("/api/v1/users/{id}", "patch", ADMIN),
    ("/api/v1/users/{id}", "delete", ADMIN),
    ("/api/v1/webhooks", "get", SEE_WEBHOOKS),
    ("/api/v1/webhooks", "post", ADMIN),
    ("/api/v1/webhooks/{id}", "get", SEE_WEBHOOKS),
    ("/api/v1/webhooks/{id}", "patch", ADMIN),
    ("/api/v1/webhooks/{id}", "delete", ADMIN),
    ("/api/v1/webhooks/{id}/deliveries", "get", SEE_WEBHOOKS),
    ("/api/v1/webhooks/{id}/deliveries/{delivery_id}", "get", ADMIN),
    ("/api/v1/webhooks/{id}/deliveries/{delivery_id}/replay", "post", ADMIN),
    ("/api/v1/webhooks/{id}/replay", "post", ADMIN),
    ("/api/v1/webhooks/{id}/rotate-secret", "post", ADMIN),
    ("/api/v1/webhooks/{id}/test", "post", ADMIN),
    ("/api/v1/assets", "get", PLACES),
    ("/api/v1/assets", "post", RUN),
    ("/api/v1/assets/{id}", "get", PLACES),
    ("/api/v1/assets/{id}", "patch", RUN),
    ("/api/v1/assets/{id}", "delete", RUN),
    ("/api/v1/audit", "get", SEE_FAILURES),
    ("/api/v1/incident-templates", "get", PLACES),
    ("/api/v1/incident-templates", "post", CATALOG),
    ("/api/v1/incident-templates/{id}", "get", PLACES),
    ("/api/v1/incident-templates/{id}", "patch", CATALOG),
    ("/api/v1/incident-templates/{id}", "delete", CATALOG),
    ("/api/v1/ranking-rules", "get", PLACES),
    ("/api/v1/ranking-rules", "post", CATALOG),
    ("/api/v1/ranking-rules/{id}", "get", PLACES),
    ("/api/v1/ranking-rules/{id}", "patch", CATALOG),
    ("/api/v1/ranking-rules/{id}", "delete", CATALOG),
    ("/api/v1/ranking-rules/dry-run", "post", CATALOG),
    ("/api/v1/routing-rules/dry-run", "post", CATALOG),
    ("/api/v1/routing-rules", "get", PLACES),
    ("/api/v1/routing-rules", "post", CATALOG),
    ("/api/v1/routing-rules/{id}", "get", PLACES),
    ("/api/v1/routing-rules/{id}", "patch", CATALOG),
    ("/api/v1/routing-rules/{id}", "delete", CATALOG),
    ("/api/v1/sla-policies", "get", PLACES),
    ("/api/v1/sla-policies", "post", CATALOG),
    ("/api/v1/sla-policies/{id}", "get", PLACES),
    ("/api/v1/sla-policies/{id}", "patch", CATALOG),
    ("/api/v1/sla-policies/{id}", "delete", CATALOG),
    ("/api/v1/services", "get", PLACES),
    ("/api/v1/services", "post", CATALOG),
    ("/api/v1/services/{id}", "get", PLACES),
    ("/api/v1/services/{id}", "patch", CATALOG),
    ("/api/v1/services/{id}", "delete", CATALOG),
    ("/api/v1/technicians", "get", PLACES),
    ("/api/v1/technicians", "post", RUN),
    ("/api/v1/technicians/{id}", "get", PLACES),
    ("/api/v1/technicians/{id}", "patch", RUN),
    ("/api/v1/technicians/{id}", "delete", RUN),
    ("/api/v1/zones", "get", PLACES),
    ("/api/v1/zones", "post", CATALOG),
    ("/api/v1/zones/{id}", "get", PLACES),
    ("/api/v1/zones/{id}", "patch", CATALOG),
    ("/api/v1/zones/{id}", "delete", CATALOG),
    ("/api/v1/technicians/{id}/time-off", "get", PLACES),
    ("/api/v1/technicians/{id}/time-off", "post", RUN),
    ("/api/v1/technicians/{id}/time-off/{time_off_id}", "delete", RUN),
    ("/vendors", "get", PLACES),
    ("/vendors", "post", RUN),
    ("/vendors/{id}", "get", PLACES),
    ("/vendors/{id}", "put", RUN),
    ("/vendors/{id}", "delete", RUN),
    ("/sites/{id}", "get", AnyRole),
    ("/assets", "get", AnyRole),
    ("/assets/{id}", "get", AnyRole),
    ("/chat/{inbox}/attachments", "options", Open),
    ("/chat/{inbox}/attachments", "post", Open),
    ("/chat/{inbox}/contact", "options", Open),
    ("/chat/{inbox}/contact", "post", Open),
    ("/chat/{inbox}/messages", "get", Open),
    ("/chat/{inbox}/messages", "options", Open),
    ("/chat/{inbox}/messages", "post", Open),
    ("/chat/{inbox}/read", "options", Open),
    ("/chat/{inbox}/read", "post", Open),
    ("/chat/{inbox}/satisfaction", "options", Open),
    ("/chat/{inbox}/satisfaction", "post", Open),
    ("/chat/{inbox}/sessions", "options", Open),
    ("/chat/{inbox}/sessions", "post", Open),
    ("/chat/{inbox}/ws", "get", Open),
    ("/health", "get", Open),
    ("/health/ready", "get", Open),
    ("/media/{id}", "get", Open),
    ("/unsubscribe/{token}", "get", Open),
    ("/unsubscribe/{token}", "post", Open),
    ("/metrics", "get", Open),
    ("/ops/alerts", "get", Open),
    ("/tickets", "get", AnyRole),
    ("/tickets", "post", RECORD),
    ("/tickets/intake", "post", RECORD),
    ("/tickets/{ticket_id}", "get", AnyRole),
    ("/tickets/{ticket_id}/evidence", "get", SEE_EVIDENCE),
    ("/tickets/{ticket_id}/evidence/{evidence_id}/content", "get", SEE_EVIDENCE),
    ("/tickets/{ticket_id}/evidence/uploads", "post", ADD_EVIDENCE),
    ("/tickets/{ticket_id}/timeline", "get", AnyRole),
    ("/uploads/{token}", "put", Open),
    ("/api/v1/drafts", "get", SEE_ASSISTANTS),
    ("/api/v1/drafts/{id}", "get", SEE_ASSISTANTS),
    ("/api/v1/drafts/{id}/approve", "post", MEND_FAILURES),
    ("/api/v1/drafts/{id}/reject", "post", MEND_FAILURES),
    ("/api/v1/conversations/{id}/assistant", "post", ASK_ASSISTANTS),
    ("/api/v1/kill-switches", "get", SEE_ASSISTANTS),
    ("/api/v1/kill-switches", "post", MEND_FAILURES),
    ("/api/v1/media/{id}/thumbnail", "get", AnyRole),
    ("/api/v1/messages/{id}/html", "get", AnyRole),
    ("/api/v1/messages/{id}/raw", "get", AnyRole),
    ("/api/v1/tool-invocations", "get", SEE_CALLS),
    ("/api/v1/tool-policy", "get", SEE_FAILURES),
    ("/api/v1/tool-policy/dry-run", "post", SEE_FAILURES),
    ("/api/v1/tool-policy/versions", "get", SEE_FAILURES),
    ("/api/v1/tool-policy/versions", "post", ADMIN),
    ("/api/v1/tool-policy/versions/{version}", "get", SEE_FAILURES),
    ("/api/v1/tool-policy/versions/{version}/approve", "post", ADMIN),
    ("/api/v1/tool-policy/versions/{version}/reject", "post", ADMIN),
    ("/tools", "get", AnyRole),
    ("/tools/drafts/{id}", "get", ASK_ASSISTANTS),
    ("/tools/drafts/{id}/cancel", "post", ASK_ASSISTANTS),
    ("/tools/{name}", "post", CALL_TOOLS),
    ("/webhooks/email/mailgun", "post", Open),
    ("/webhooks/email/mailgun/mime", "post", Open),
    ("/webhooks/email/postmark", "post", Open),
    ("/webhooks/email/sendgrid", "post", Open),
    ("/webhooks/transactions", "post", Open),
    ("/webhooks/twilio/sms", "get", Open),
    ("/webhooks/twilio/sms", "post", Open),
    ("/webhooks/twilio/status", "get", Open),
    ("/webhooks/twilio/status", "post", Open),
    ("/webhooks/twilio/voice", "get", Open),
    ("/webhooks/twilio/voice", "post", Open),
    ("/webhooks/twilio/voice/{step}", "get", Open),
    ("/webhooks/twilio/voice/{step}", "post", Open),
    ("/webhooks/twilio/status/{message_id}", "get", Open),
    ("/webhooks/twilio/status/{message_id}", "post", Open),
    ("/webhooks/whatsapp", "get", Open),
    ("/webhooks/whatsapp", "post", Open),
    ("/ws", "get", AnyRole),
];

/// All doors: those listed here, and those of the commands.
fn doors() -> Vec<(&'static str, &'static str, Door)> {
    let listed = |path: &str, method: &str| TABLE.iter().any(|(own, by, _)| *own == path && *by == method);
    let commands = commands().map(|row| {
        let method = match row.method {
            CommandMethod::Get => "get",
            CommandMethod::Post => "post",
            CommandMethod::Patch => "patch",
        };
        (row.route, method, Door::Command(row))
    });
    TABLE.iter().copied().chain(commands.filter(|(path, method, _)| !listed(path, method))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_is_in_the_table() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let document = deployment.admin.get("/openapi.json").await.expect(200);
    let mut documented: Vec<String> = Vec::new();
    for (path, operations) in document["paths"].as_object().expect("a document has paths") {
        let methods = operations.as_object().expect("a path has operations").keys();
        documented.extend(
            methods
                .filter(|key| key.parse::<Method>().is_ok() && !key.contains('-'))
                .map(|method| format!("{method} {path}")),
        );
    }
    documented.retain(|route| !route.starts_with("parameters") && !route.starts_with("summary"));
    documented.sort();
    let mut listed: Vec<String> = doors().iter().map(|(path, method, _)| format!("{method} {path}")).collect();
    listed.sort();
    assert_eq!(listed, documented);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_role_gets_through_its_doors_and_no_other() {
    let deployment = Deployment::start(Plan::Laptop).await;
    let anonymous = Caller::anonymous(deployment.admin.base_url());
    let document = anonymous.get("/openapi.json").await.expect(200);
    let mut wrong = Vec::new();
    for (path, method, door) in doors() {
        let answer = call(&anonymous, &document, path, method).await;
        let may_nobody = !matches!(door, Open);
        if may_nobody && answer.status != 401 {
            wrong.push(format!("{method} {path}: {} without a token", answer.status));
        }
        if matches!(door, Open) {
            continue;
        }
        for role in Role::ALL {
            let answer = call(&anonymous.with_token(settings::token(role.as_str())), &document, path, method).await;
            let may = match door {
                Only(roles) => roles.contains(role),
                Door::Command(row) => row.reach(*role).is_some(),
                AnyRole | Open => true,
            };
            let passed = answer.status != 401 && answer.status != 403;
            if passed != may || answer.status.is_server_error() {
                wrong.push(format!("{method} {path}: {} for {role}", answer.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Calls a route with the smallest body of the right shape and ids of nothing.
async fn call(caller: &Caller, document: &Value, path: &str, method: &str) -> Answer {
    let parameter = Regex::new(r"\{(\w+)\}").expect("the pattern is valid");
    let concrete = parameter.replace_all(path, |found: &Captures<'_>| match &found[1] {
        "tag" => "vip",
        "relation" => "tenant",
        _ => ABSENT,
    });
    let schema = &document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"];
    let body = match (path, method) {
        (_, "get" | "delete") => None,
        ("/api/v1/conversations/{id}/ticket", _) => {
            Some(json!({"mode": "create", "account_id": ABSENT, "site_id": ABSENT, "summary": "text"}))
        }
        ("/api/v1/technicians/{id}/time-off", _) => {
            Some(json!({"start": "2026-01-05T08:00:00Z", "end": "2026-01-05T12:00:00Z", "kind": "half_day_morning"}))
        }
        _ if schema.is_null() => Some(json!({})),
        _ => Some(example(document, "", schema)),
    };
    let key = RecordId::new().to_string();
    let method = method.to_uppercase().parse().expect("the table names methods");
    caller.call(method, &concrete, body, &[("idempotency-key", &key)]).await
}

/// The smallest value that fits a schema; words that the schema does not list are known by the field's name.
fn example(document: &Value, name: &str, schema: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.trim_start_matches('#')).expect("a reference leads somewhere");
        return example(document, name, target);
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        if let Some(first) = schema[choice].as_array().and_then(|choices| choices.first()) {
            return example(document, name, first);
        }
    }
    match (schema["type"].as_str(), name) {
        (Some("object"), _) => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let field = |name: &str| (name.to_owned(), example(document, name, &schema["properties"][name]));
            Value::Object(required.map(field).collect())
        }
        (Some("array"), _) => json!([]),
        (Some("integer" | "number"), _) => json!(1),
        (Some("boolean"), _) => json!(true),
        (_, "close_reason") => json!("resolved"),
        (_, "relation") => json!("tenant"),
        (_, "category") => json!("UTILITY"),
        (_, "decision") => json!("withdrawn"),
        (_, "channel") => json!("chat"),
        (_, "kind") => json!("vehicle"),
        (_, "target_urgency") => json!("HIGH"),
        _ if schema["format"] == "uuid" => json!(ABSENT),
        _ if schema["format"] == "date-time" => json!("2026-01-05T08:00:00Z"),
        _ => schema["enum"].get(0).cloned().unwrap_or(json!("text")),
    }
}

//! Alerts over a real database, with a clock that the test moves.

use std::collections::BTreeSet;
use std::time::Duration;

use patchbay_core::Code;
use patchbay_store::alert_conditions;

use super::{App, both_engines, some_id};
use crate::alerts::{Alerts, AlertsConfig, Report};

both_engines! {
    a_ticket_that_waits_too_long_for_a_date_is_stuck;
    a_ticket_past_its_deadline_is_late;
    refusals_leave_the_window_and_outlive_the_process;
    an_open_circuit_fires_until_it_closes;
    the_database_checks_the_steps_that_the_table_knows;
}

fn alerts(app: &App) -> Alerts {
    let config = AlertsConfig { stuck_scheduling_count_threshold: 1, ..AlertsConfig::default() };
    Alerts::new(app.db.clone(), app.clock.clone(), config, None)
}

fn minutes(count: u64) -> Duration {
    Duration::from_mins(count)
}

fn fires(report: &Report, code: &str) -> bool {
    report.alerts.iter().any(|alert| alert.code == code)
}

async fn a_ticket_that_waits_too_long_for_a_date_is_stuck(app: App) {
    let alerts = alerts(&app);
    let made = app.post(&app.token("dispatcher"), "/tickets/intake", some_id(), &app.intake()).await;
    assert_eq!(made.json()["state"], "READY_TO_SCHEDULE", "{}", made.text);
    app.clock.advance(minutes(59));
    assert_eq!(alerts.evaluate().await.expect("a report").signals.stuck_scheduling, 0);
    app.clock.advance(minutes(2));
    let report = alerts.evaluate().await.expect("a report");
    assert_eq!(report.signals.stuck_scheduling, 1);
    assert!(fires(&report, "STUCK_SCHEDULING"));
}

async fn a_ticket_past_its_deadline_is_late(app: App) {
    let alerts = alerts(&app);
    let body = app.request();
    let made = app.post(&app.token("dispatcher"), "/tickets", some_id(), &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    app.clock.advance(minutes(24 * 60 - 1));
    assert!(!fires(&alerts.evaluate().await.expect("a report"), "SLA_BREACH"));
    app.clock.advance(minutes(2));
    let report = alerts.evaluate().await.expect("a report");
    assert_eq!(report.signals.sla_breaches, 1);
    assert!(fires(&report, "SLA_BREACH"));
}

async fn refusals_leave_the_window_and_outlive_the_process(app: App) {
    let first = alerts(&app);
    for code in [Code::UnknownRole, Code::InvalidAuthToken, Code::ForbiddenScope, Code::ToolNotAllowed, Code::NotFound]
    {
        first.errors().record(code, app.now());
    }
    assert_eq!(first.evaluate().await.expect("a report").signals.auth_policy_rejections, 4, "before they are written");
    first.errors().flush(&app.db, app.now()).await.expect("written");
    assert_eq!(first.evaluate().await.expect("a report").signals.auth_policy_rejections, 4, "and not twice after");
    let second = alerts(&app);
    second.errors().record(Code::Forbidden, app.now());
    let report = second.evaluate().await.expect("a report");
    assert_eq!(report.signals.auth_policy_rejections, 5);
    assert!(fires(&report, "AUTH_POLICY_FAILURE_SPIKE"));
    app.clock.advance(minutes(17));
    let report = second.evaluate().await.expect("a report");
    assert_eq!(report.signals.auth_policy_rejections, 0);
    assert!(report.alerts.is_empty(), "{report:?}");
}

async fn an_open_circuit_fires_until_it_closes(app: App) {
    let alerts = alerts(&app);
    let mut tx = app.db.begin().await.expect("begins");
    alert_conditions::begin(&mut tx, "INTEGRATION_CIRCUIT_OPEN", "transactions", app.now()).await.expect("noted");
    alert_conditions::begin(&mut tx, "QUEUE_BACKLOG", "a-team-that-is-gone", app.now()).await.expect("noted");
    tx.commit().await.expect("commits");
    let mut firing = BTreeSet::new();
    alerts.look(&mut firing).await.expect("a look");
    assert_eq!(firing, BTreeSet::from(["INTEGRATION_CIRCUIT_OPEN"]), "what is measured ends by itself, a circuit not");
    let mut tx = app.db.begin().await.expect("begins");
    assert_eq!(alert_conditions::all(&mut tx).await.expect("they can be read").len(), 1);
    alert_conditions::end(&mut tx, "INTEGRATION_CIRCUIT_OPEN", "transactions").await.expect("noted");
    tx.commit().await.expect("commits");
    alerts.look(&mut firing).await.expect("a look");
    assert!(firing.is_empty());
}

async fn the_database_checks_the_steps_that_the_table_knows(app: App) {
    assert_eq!(crate::contract_drift(&app.db).await.expect("it can be read"), Vec::<String>::new());
}

//! The names by which the originals set what ours sets elsewhere. Source: S1, environment; domain, configuration names.

use figment::Figment;
use figment::providers::Serialized;
use figment::value::Value;

use super::SettingsError;

/// What stands behind a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Switch,
}

use Kind::{Number, Switch, Text};

const PUBLISHED: &[(&str, &str, Kind)] = &[
    ("DISPATCH_DATABASE_URL", "database_url", Text),
    ("DISPATCH_AUTH_JWT_SECRET", "auth.jwt_secret", Text),
    ("DISPATCH_AUTH_JWT_ISSUER", "auth.issuer", Text),
    ("DISPATCH_AUTH_JWT_AUDIENCE", "auth.audience", Text),
    ("DISPATCH_AUTH_ALLOW_DEV_HEADERS", "auth.allow_dev_headers", Switch),
    ("DISPATCH_INTAKE_IDENTITY_CONFIDENCE_THRESHOLD", "dispatch.identity_confidence_threshold", Number),
    ("DISPATCH_INTAKE_CLASSIFICATION_CONFIDENCE_THRESHOLD", "dispatch.classification_confidence_threshold", Number),
    ("DISPATCH_INTAKE_DUPLICATE_WINDOW_MINUTES", "dispatch.duplicate_window_minutes", Number),
    ("DISPATCH_OBJECT_STORE_SCHEMES", "evidence.schemes", Text),
    ("DISPATCH_EVIDENCE_REQUIRE_HEAD", "evidence.require_head", Switch),
    ("DISPATCH_EVIDENCE_REQUIRE_CHECKSUM", "evidence.require_checksum", Switch),
    ("DISPATCH_EVIDENCE_HEAD_TIMEOUT_MS", "evidence.head_timeout_ms", Number),
    ("DISPATCH_LOG_SINK_PATH", "observability.log_sink_path", Text),
    ("DISPATCH_METRICS_SINK_PATH", "observability.metrics_sink_path", Text),
    ("DISPATCH_ALERTS_SINK_PATH", "observability.alerts_sink_path", Text),
    ("ALERT_WINDOW_MINUTES", "alerts.window_minutes", Number),
    ("DISPATCH_ALERT_WINDOW_MINUTES", "alerts.window_minutes", Number),
    ("DISPATCH_ALERT_STUCK_SCHEDULING_COUNT_THRESHOLD", "alerts.stuck_scheduling_count_threshold", Number),
    ("DISPATCH_ALERT_STUCK_SCHEDULING_MINUTES", "alerts.stuck_scheduling_minutes", Number),
    ("DISPATCH_ALERT_STUCK_SCHEDULING_LEAD_MINUTES", "alerts.stuck_scheduling_lead_minutes", Number),
    ("DISPATCH_ALERT_COMPLETION_REJECTION_THRESHOLD", "alerts.completion_rejection_threshold", Number),
    ("DISPATCH_ALERT_IDEMPOTENCY_CONFLICT_THRESHOLD", "alerts.idempotency_conflict_threshold", Number),
    ("DISPATCH_ALERT_AUTH_POLICY_REJECTION_THRESHOLD", "alerts.auth_policy_rejection_threshold", Number),
    ("DISPATCH_ALERT_SLA_BREACH_THRESHOLD", "alerts.sla_breach_threshold", Number),
    ("DISPATCH_ALERT_BOOKING_EXHAUSTED_THRESHOLD", "alerts.booking_exhausted_threshold", Number),
    ("DISPATCH_ALERT_OUTBOX_DEAD_LETTER_THRESHOLD", "alerts.outbox_dead_letter_threshold", Number),
    ("DISPATCH_ALERT_INVOICE_SYNC_THRESHOLD", "alerts.invoice_sync_threshold", Number),
    ("DISPATCH_ALERT_INBOX_UNHEALTHY_THRESHOLD", "alerts.inbox_unhealthy_threshold", Number),
    ("DISPATCH_ALERT_INTEGRATION_CIRCUIT_THRESHOLD", "alerts.integration_circuit_threshold", Number),
    ("DISPATCH_ALERT_WEBHOOK_SIGNATURE_THRESHOLD", "alerts.webhook_signature_threshold", Number),
    ("DISPATCH_ALERT_QUEUE_BACKLOG_THRESHOLD", "alerts.queue_backlog_threshold", Number),
    ("DISPATCH_ALERT_QUEUE_BACKLOG_MINUTES", "alerts.queue_backlog_minutes", Number),
    ("DISPATCH_ALERT_SLOW_FRT_THRESHOLD_SECONDS", "alerts.slow_frt_threshold_seconds", Number),
    ("DISPATCH_ALERT_SLOW_FRT_MINUTES", "alerts.slow_frt_minutes", Number),
    ("DISPATCH_ALERT_AGENT_LOAD_THRESHOLD", "alerts.agent_load_threshold", Number),
    ("DISPATCH_ALERT_AGENT_LOAD_MINUTES", "alerts.agent_load_minutes", Number),
    ("DISPATCH_SMS_ENABLED", "workers.sms.enabled", Switch),
    ("DISPATCH_SMS_DRY_RUN", "workers.sms.dry_run", Switch),
    ("DISPATCH_OUTBOX_MAX_ATTEMPTS", "workers.outbox.max_attempts", Number),
    ("DISPATCH_OUTBOX_BATCH_LIMIT", "workers.outbox.batch_limit", Number),
    ("DISPATCH_OUTBOX_RETRY_BASE_MS", "workers.outbox.retry_base_ms", Number),
    ("DISPATCH_OUTBOX_RETRY_MAX_MS", "workers.outbox.retry_max_ms", Number),
    ("DISPATCH_OUTBOX_POLL_MS", "workers.outbox.poll_ms", Number),
];

/// Every published name, beside `DISPATCH_API_HOST` and `DISPATCH_API_PORT`, which make one address.
pub fn published_names() -> impl Iterator<Item = &'static str> {
    PUBLISHED.iter().map(|(name, ..)| *name)
}

/// Lays the published names over `figment`. Error: a value that is not what its name stands for.
pub(super) fn merge(
    mut figment: Figment,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Figment, SettingsError> {
    for (name, key, kind) in PUBLISHED {
        if let Some(text) = environment(name) {
            figment = figment.merge(Serialized::default(key, value(name, &text, *kind)?));
        }
    }
    let (host, port) = (environment("DISPATCH_API_HOST"), environment("DISPATCH_API_PORT"));
    if host.is_some() || port.is_some() {
        let host = host.unwrap_or_else(|| "127.0.0.1".into());
        let port = port.unwrap_or_else(|| "8080".into());
        // An address of version 6 needs its brackets; a name has to be looked up by whoever sets it.
        let host = match host.as_str() {
            "localhost" => "127.0.0.1".to_owned(),
            host if host.contains(':') && !host.starts_with('[') => format!("[{host}]"),
            host => host.to_owned(),
        };
        figment = figment.merge(Serialized::default("listen", format!("{host}:{port}")));
    }
    Ok(figment)
}

fn value(name: &str, text: &str, kind: Kind) -> Result<Value, SettingsError> {
    let invalid = |what: &str| SettingsError::Invalid(format!("{name}: must be {what}"));
    match kind {
        Text => Ok(Value::from(text)),
        Number => text.trim().parse::<u64>().map(Value::from).map_err(|_| invalid("a whole number")),
        Switch => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Ok(Value::from(true)),
            "false" | "0" | "no" | "off" | "" => Ok(Value::from(false)),
            _ => Err(invalid("true or false")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn read(set: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let environment =
            |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let figment = merge(Figment::new(), environment)?;
        Ok(figment.extract().expect("every key is one of the settings"))
    }

    #[test]
    fn every_published_name_sets_something() {
        let samples: Vec<(&str, &str)> = PUBLISHED
            .iter()
            .map(|(name, _, kind)| {
                (
                    *name,
                    match kind {
                        Text => "text",
                        Number => "7",
                        Switch => "true",
                    },
                )
            })
            .collect();
        let settings = read(&samples).expect("they fit");
        assert_eq!(settings.database_url, "text");
        assert_eq!(settings.auth.issuer.as_deref(), Some("text"));
        assert_eq!(settings.auth.allow_dev_headers, Some(true));
        assert_eq!(settings.dispatch.identity_confidence_threshold, 7);
        assert_eq!(settings.workers.outbox.max_attempts, 7);
        assert_eq!(settings.alerts.window_minutes, 7);
        assert_eq!(settings.observability.log_sink_path.as_deref(), Some(std::path::Path::new("text")));
        assert!(settings.workers.sms.dry_run);
        assert_eq!(settings.evidence.schemes, ["text"]);
        assert_eq!((settings.evidence.require_head, settings.evidence.require_checksum), (Some(true), Some(true)));
        assert_eq!(settings.evidence.head_timeout_ms, 7);
    }

    #[test]
    fn several_schemes_stand_in_one_text() {
        let settings = read(&[("DISPATCH_OBJECT_STORE_SCHEMES", "S3, minio,,gs")]).expect("they fit");
        assert_eq!(settings.evidence.schemes, ["s3", "minio", "gs"]);
    }

    #[test]
    fn host_and_port_make_the_address() {
        let listen = |set: &[(&str, &str)]| read(set).expect("they fit").listen;
        assert_eq!(listen(&[("DISPATCH_API_HOST", "0.0.0.0"), ("DISPATCH_API_PORT", "9")]), "0.0.0.0:9");
        assert_eq!(listen(&[("DISPATCH_API_HOST", "localhost")]), "127.0.0.1:8080");
        assert_eq!(listen(&[("DISPATCH_API_HOST", "::1")]), "[::1]:8080");
        assert_eq!(listen(&[("DISPATCH_API_PORT", "9")]), "127.0.0.1:9");
        assert_eq!(listen(&[]), "127.0.0.1:8080");
    }

    #[test]
    fn a_value_that_does_not_fit_is_named() {
        for (name, text) in [("DISPATCH_SMS_ENABLED", "perhaps"), ("DISPATCH_OUTBOX_POLL_MS", "soon")] {
            let error = read(&[(name, text)]).expect_err("it does not fit").to_string();
            assert!(error.contains(name), "{error}");
        }
    }
}

//! The one way of log lines out of the process: each is redacted as it is written, whoever wrote it and with whatever
//! library.

use std::io::{self, Stderr, Write};

use patchbay_core::redaction::sink;

/// Writes lines without personal data to another writer.
#[derive(Debug)]
pub(super) struct Redacted<W>(W);

impl Redacted<Stderr> {
    /// Standard error.
    pub(super) fn standard_error() -> Self {
        Self(io::stderr())
    }
}

impl<W: Write> Write for Redacted<W> {
    /// Takes whole lines: the subscriber writes an event at once.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        // A line that is JSON stays JSON: what stands for personal data holds no quotes and ends within its text.
        let mut kept = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            match line.strip_prefix('{') {
                Some(_) => kept.push_str(&json_line(line)),
                None => kept.push_str(&sink::line(line)),
            }
        }
        self.0.write_all(kept.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A line of the JSON format: its texts are redacted one by one, so that none runs into the next.
fn json_line(line: &str) -> String {
    let Ok(mut read) = serde_json::from_str::<serde_json::Value>(line) else { return sink::line(line).into_owned() };
    redact(&mut read);
    let end = if line.ends_with('\n') { "\n" } else { "" };
    format!("{read}{end}")
}

fn redact(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => *text = sink::line(text).into_owned(),
        serde_json::Value::Array(items) => items.iter_mut().for_each(redact),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(redact),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use patchbay_core::redaction::Redactor;

    use super::*;

    fn written(line: &str) -> String {
        Redactor::prepare();
        let mut kept = Vec::new();
        Redacted(&mut kept).write_all(line.as_bytes()).expect("memory takes it");
        String::from_utf8(kept).expect("text")
    }

    #[test]
    fn whatever_is_logged_leaves_without_numbers_addresses_and_keys() {
        let line = "2026-11-21T22:57:19.123456Z  WARN the provider said: no such user +1 514 555 0123 <maya@example.test> \
                    key=sk_live_4eC39HqLyjWDarjtT1zdp7dc\n";
        let kept = written(line);
        assert!(
            kept.starts_with("2026-11-21T22:57:19.123456Z  WARN the provider said") && kept.ends_with('\n'),
            "{kept}"
        );
        for private in ["555 0123", "maya@", "sk_live"] {
            assert!(!kept.contains(private), "{kept}");
        }
    }

    #[test]
    fn a_line_of_json_stays_json() {
        let line =
            "{\"timestamp\":\"2026-11-21T22:57:19.123456Z\",\"fields\":{\"message\":\"call 514-555-0123\",\"n\":3}}\n";
        let kept: serde_json::Value = serde_json::from_str(&written(line)).expect("JSON");
        assert_eq!(kept["timestamp"], "2026-11-21T22:57:19.123456Z");
        assert_eq!(kept["fields"]["n"], 3);
        assert!(kept["fields"]["message"].as_str().is_some_and(|text| text.starts_with("call <PHONE:")), "{kept}");
    }
}

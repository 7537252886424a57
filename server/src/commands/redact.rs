//! `patchbay redact`.

use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use patchbay_core::redaction::{Known, Reader, Redactor};
use serde::Deserialize;
use serde_json::{Value, json};

use super::CommandError;
use crate::settings::Settings;

/// Signs placeholders where no secret is configured.
const UNKEYED: &[u8] = b"patchbay";

/// A record: a text and what the conversation knows. Labels and other fields are not looked at.
#[derive(Deserialize)]
struct Record {
    id: Value,
    text: String,
    #[serde(default)]
    context: Context,
}

#[derive(Default, Deserialize)]
struct Context {
    #[serde(default)]
    contacts: Vec<String>,
}

/// Redacts the records of the files and prints one JSON line for each.
pub(super) fn run(settings: &Settings, files: &[PathBuf]) -> Result<(), CommandError> {
    let redactor = match &settings.auth.jwt_secret {
        Some(secret) => Redactor::new(secret.expose().as_bytes(), Reader::Sink),
        None => Redactor::new(UNKEYED, Reader::Sink),
    };
    Redactor::prepare();
    let mut out = BufWriter::new(std::io::stdout().lock());
    for file in files {
        one(&redactor, file, &mut out)?;
    }
    // A reader that went away is no failure of ours.
    let _gone = out.flush();
    Ok(())
}

fn one(redactor: &Redactor, file: &Path, out: &mut impl std::io::Write) -> Result<(), CommandError> {
    let failed = |problem: &dyn std::fmt::Display| CommandError::Failed(format!("{}: {problem}", file.display()));
    let reader = BufReader::new(std::fs::File::open(file).map_err(|error| failed(&error))?);
    for (index, line) in reader.lines().enumerate() {
        let line = line.map_err(|error| failed(&error))?;
        if line.trim().is_empty() {
            continue;
        }
        // The error of the parser could repeat the text.
        let record: Record = serde_json::from_str(&line)
            .map_err(|_| failed(&format!("line {} is no record {{id, text, context}}", index + 1)))?;
        let known = Known::new(record.context.contacts.iter().map(String::as_str));
        let redacted = redactor.redact(&record.text, &known);
        let spans: Vec<Value> = redacted
            .spans
            .iter()
            .map(|span| json!({"start": span.start, "end": span.end, "type": span.kind}))
            .collect();
        let _gone = writeln!(out, "{}", json!({"id": record.id, "spans": spans, "redacted": redacted.text}));
    }
    Ok(())
}

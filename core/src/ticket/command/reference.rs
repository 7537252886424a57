//! The command reference, `docs/commands.md`, rendered from the table. `UPDATE_GOLDEN=1` writes it anew.

use std::fmt::Write as _;

use super::field::{Field, FieldKind, Presence};
use super::{Actors, COMMON, CommandRow, Kind, ON_A_TICKET, Reach, commands};
use crate::code::Code;
use crate::ticket::state::TicketState;
use crate::ticket::transition::FOLLOWERS;

#[test]
fn the_command_reference_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/commands.md");
    let fresh = page();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &fresh).expect("the reference can be written");
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == fresh, "docs/commands.md is not what the table says; run this test with UPDATE_GOLDEN=1");
}

#[test]
fn the_reference_names_every_row_and_every_step() {
    let page = page();
    for row in commands() {
        assert!(page.contains(&format!("### `{}`", row.tool)), "{}", row.tool);
        assert!(page.contains(&format!("`{}`", row.endpoint())), "{}", row.route);
    }
    for (from, next) in FOLLOWERS {
        for to in *next {
            let from = from.map_or("[*]", TicketState::as_str);
            assert!(page.contains(&format!("    {from} --> {to}")), "{from} to {to}");
        }
    }
}

fn page() -> String {
    let mut page = String::from(
        "# Commands\n\n\
         Generated from the command table (`core/src/ticket/command`); a test keeps this page current:\n\
         `UPDATE_GOLDEN=1 cargo test -p patchbay-core the_command_reference`.\n\n\
         Every command is authorized by tool, role, scope and state, in this order; then its own rule decides. It needs\n\
         the header `Idempotency-Key` (a UUID) and takes `If-Match: \"VERSION\"` when it is about a ticket. Unknown fields\n\
         are refused. Errors have one shape; a refusal names its code and its dimension of policy.\n\n\
         (own) after a role: own assignment, own site or own team only.\n\n## States\n\n```mermaid\nstateDiagram-v2\n",
    );
    for (from, next) in FOLLOWERS {
        for to in *next {
            line(&mut page, &format!("    {} --> {to}", from.map_or("[*]", TicketState::as_str)));
        }
    }
    for state in TicketState::ALL.iter().filter(|state| state.is_terminal()) {
        line(&mut page, &format!("    {state} --> [*]"));
    }
    page.push_str("```\n");
    overview(&mut page);
    page.push_str("\n## Commands\n");
    for row in commands().filter(|row| row.is_mutating()) {
        section(&mut page, row);
    }
    page.push_str("\n## Reads\n");
    for row in commands().filter(|row| !row.is_mutating()) {
        section(&mut page, row);
    }
    page.push_str("\n## Fields of every command\n\n");
    fields(&mut page, COMMON.iter().chain(ON_A_TICKET));
    codes(&mut page);
    page
}

fn line(page: &mut String, text: &str) {
    writeln!(page, "{text}").expect("writing into a string cannot fail");
}

fn overview(page: &mut String) {
    page.push_str("\n## All at a glance\n\n| tool | route | from | to |\n| --- | --- | --- | --- |\n");
    for row in commands() {
        line(page, &format!("| `{}` | `{}` | {} | {} |", row.tool, row.endpoint(), from(row), states(row.to)));
    }
}

fn section(page: &mut String, row: &CommandRow) {
    line(page, &format!("\n### `{}`\n\n{}\n\n`{}`\n", row.tool, row.about, row.endpoint()));
    if !row.guards.is_empty() {
        line(page, &format!("- Rule: {}", row.guards));
    }
    let roles: Vec<String> = row
        .roles
        .iter()
        .map(|(role, reach)| format!("{role}{}", if *reach == Reach::Own { " (own)" } else { "" }))
        .collect();
    let only_people = if row.actors == Actors::Humans { "; only people" } else { "" };
    line(page, &format!("- Roles: {}{only_people}", roles.join(", ")));
    if row.kind == Kind::Changes {
        line(page, &format!("- From: {}", from(row)));
    }
    if !row.to.is_empty() {
        line(page, &format!("- To: {}", states(row.to)));
    }
    if row.is_mutating() {
        line(page, &format!("- Success: {}", row.status));
        let mut topics: Vec<String> = row.topics.iter().map(|topic| format!("`{topic}`")).collect();
        if !row.to.is_empty() {
            topics.push("`ticket.state_changed`".into());
        }
        topics.dedup();
        line(
            page,
            &format!("- Tells others: {}", if topics.is_empty() { "nothing".into() } else { topics.join(", ") }),
        );
    }
    let codes: Vec<String> =
        codes_of(row).into_iter().map(|code| format!("{} `{}`", code.status(), code.as_str())).collect();
    line(page, &format!("- Refusals of policy: {}", codes.join(", ")));
    if !row.fields.is_empty() {
        page.push('\n');
        fields(page, row.fields.iter());
    }
}

/// What the pipeline can answer to a row before its own rule is asked.
fn codes_of(row: &CommandRow) -> Vec<Code> {
    let mut codes = vec![Code::UnknownTool, Code::ToolNotAllowed, Code::Forbidden, Code::ForbiddenScope];
    let is_about_a_ticket = row.route.contains("{ticket_id}");
    if is_about_a_ticket {
        codes.extend([Code::InvalidTicketId, Code::TicketNotFound, Code::NotAssigned]);
    }
    if row.is_mutating() {
        codes.extend([
            Code::MissingIdempotencyKey,
            Code::InvalidIdempotencyKey,
            Code::IdempotencyInProgress,
            Code::IdempotencyPayloadMismatch,
            Code::InvalidJson,
            Code::InvalidRequest,
        ]);
    }
    if row.kind == Kind::Changes {
        codes.push(Code::VersionConflict);
        if !row.from.is_empty() {
            codes.push(Code::InvalidStateTransition);
        }
    }
    codes
}

fn from(row: &CommandRow) -> String {
    match row.kind {
        Kind::Creates => "no ticket yet".into(),
        Kind::Changes if row.from.is_empty() => "any state".into(),
        Kind::Changes => states(row.from),
        Kind::Operates | Kind::Reads => "-".into(),
    }
}

fn states(states: &[TicketState]) -> String {
    let words: Vec<&str> = states.iter().map(|state| state.as_str()).collect();
    if words.is_empty() { "-".into() } else { words.join(", ") }
}

fn fields<'f>(page: &mut String, fields: impl Iterator<Item = &'f Field>) {
    page.push_str("| field | kind | | meaning |\n| --- | --- | --- | --- |\n");
    for field in fields {
        let presence = if field.presence == Presence::Required { "required" } else { "optional" };
        line(page, &format!("| `{}` | {} | {presence} | {} |", field.name, kind(&field.kind), field.about));
    }
}

fn kind(kind: &FieldKind) -> String {
    match kind {
        FieldKind::Id => "UUID".into(),
        FieldKind::Text { least, most } => format!("text of {least} to {most} characters"),
        FieldKind::Integer { least, most } if *most == i64::MAX => format!("whole number from {least}"),
        FieldKind::Integer { least, most } => format!("whole number, {least} to {most}"),
        FieldKind::Number { least, most } => format!("number, {least} to {most}"),
        FieldKind::Flag => "true or false".into(),
        FieldKind::Time => "time".into(),
        FieldKind::Word(words) => words.join(", "),
        FieldKind::Window => "`{start, end}`".into(),
        FieldKind::WindowOrWords => "`{start, end}`, or words".into(),
        FieldKind::List { of, least, most } => format!("list of {least} to {most}: {}", self::kind(of)),
        FieldKind::Object(fields) => {
            let names: Vec<String> = fields
                .iter()
                .map(|field| format!("{}{}", field.name, if field.presence == Presence::Optional { "?" } else { "" }))
                .collect();
            format!("`{{{}}}`", names.join(", "))
        }
        FieldKind::Map(of) => format!("object with free keys: {}", self::kind(of)),
        FieldKind::Scalar => "true, false, a number or a text".into(),
        FieldKind::FreeObject => "any object".into(),
        FieldKind::Shaped(shape) => format!("text like `{}`", shape.pattern()),
        FieldKind::Amount { most } => format!("amount of at most {}", most / 100),
        FieldKind::Words(words) => format!("one or some of {}", words.join(", ")),
    }
}

fn codes(page: &mut String) {
    page.push_str("\n## Codes\n\n| code | status | dimension |\n| --- | --- | --- |\n");
    let mut rows: Vec<(u16, &str, &str)> =
        Code::ALL.iter().map(|code| (code.status(), code.as_str(), code.dimension().unwrap_or("-"))).collect();
    rows.sort_unstable();
    rows.dedup();
    for (status, code, dimension) in rows {
        line(page, &format!("| `{code}` | {status} | {dimension} |"));
    }
}

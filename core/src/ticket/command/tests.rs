use std::collections::BTreeSet;

use super::*;
use crate::ticket::transition::may_follow;

#[test]
fn every_command_has_one_row_one_tool_and_one_endpoint() {
    assert_eq!(commands().count(), Command::ALL.len());
    for command in Command::ALL.iter().copied() {
        assert_eq!(command.row().command, command);
        assert_eq!(Command::by_tool(command.row().tool), Some(command));
    }
    let endpoints: BTreeSet<String> = commands().map(CommandRow::endpoint).collect();
    assert_eq!(endpoints.len(), commands().count());
}

#[test]
fn every_step_a_row_names_is_an_allowed_pair() {
    for row in commands().filter(|row| row.kind == Kind::Creates) {
        assert!(row.from.is_empty(), "{}", row.tool);
        for to in row.to {
            assert!(may_follow(None, *to), "{} makes a ticket in {to}", row.tool);
        }
    }
    for row in commands().filter(|row| row.kind == Kind::Changes) {
        for from in row.from {
            assert!(
                row.to.is_empty() || row.to.iter().any(|to| to == from || may_follow(Some(*from), *to)),
                "{} leads nowhere from {from}",
                row.tool
            );
        }
    }
}

#[test]
fn a_row_names_each_field_and_each_role_once() {
    for row in commands() {
        let fields: BTreeSet<&str> = row.body().map(|field| field.name).collect();
        assert_eq!(fields.len(), row.body().count(), "{}", row.tool);
        let roles: BTreeSet<Role> = row.roles.iter().map(|(role, _)| *role).collect();
        assert_eq!(roles.len(), row.roles.len(), "{}", row.tool);
    }
}

#[test]
fn only_reads_are_open_to_auditors() {
    for row in commands() {
        assert_eq!(row.reach(Role::Auditor).is_some(), !row.is_mutating(), "{}", row.tool);
    }
}

/// Pins the table: a change of a route, a role or a state must be made in the golden file too, on purpose. Set
/// `UPDATE_GOLDEN` to write it anew.
#[test]
fn the_table_is_what_it_was() {
    let lines: Vec<String> = commands()
        .map(|row| {
            let roles: Vec<String> = row
                .roles
                .iter()
                .map(|(role, reach)| format!("{role}{}", if *reach == Reach::Own { "(own)" } else { "" }))
                .collect();
            let words =
                |states: &[TicketState]| states.iter().map(|state| state.as_str()).collect::<Vec<_>>().join(" ");
            let fields: Vec<String> = row
                .fields
                .iter()
                .map(|field| format!("{}{}", field.name, if field.presence == Presence::Optional { "?" } else { "" }))
                .collect();
            let topics: Vec<&str> = row.topics.iter().map(|topic| topic.as_str()).collect();
            [
                format!("{} | {} | {:?} {:?} {}", row.tool, row.endpoint(), row.kind, row.actors, row.status),
                format!("    from   {}", words(row.from)),
                format!("    to     {}", words(row.to)),
                format!("    roles  {}", roles.join(" ")),
                format!("    fields {}", fields.join(" ")),
                format!("    tells  {}", topics.join(" ")),
            ]
            .map(|line| line.trim_end().to_owned())
            .join("\n")
        })
        .collect();
    let table = lines.join("\n\n") + "\n";
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/src/ticket/command/table.golden.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(golden, &table).expect("the golden file can be written");
    }
    let pinned = std::fs::read_to_string(golden).expect("the golden file is there");
    assert_eq!(table, pinned, "the table of commands is not what it was");
}

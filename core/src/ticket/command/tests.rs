use std::collections::BTreeSet;

use super::*;
use crate::ticket::transition::may_follow;

const ALL: [Command; 5] = [
    Command::TicketCreate,
    Command::TicketBlindIntake,
    Command::TicketRead,
    Command::TicketList,
    Command::TicketTimeline,
];

#[test]
fn every_command_has_one_row_one_tool_and_one_endpoint() {
    assert_eq!(COMMANDS.len(), ALL.len());
    for command in ALL {
        assert_eq!(command.row().command, command);
        assert_eq!(Command::by_tool(command.row().tool), Some(command));
    }
    let endpoints: BTreeSet<String> = COMMANDS.iter().map(CommandRow::endpoint).collect();
    assert_eq!(endpoints.len(), COMMANDS.len());
}

#[test]
fn every_step_a_row_names_is_an_allowed_pair() {
    for row in COMMANDS.iter().filter(|row| row.kind == Kind::Creates) {
        assert!(row.from.is_empty(), "{}", row.tool);
        for to in row.to {
            assert!(may_follow(None, *to), "{} makes a ticket in {to}", row.tool);
        }
    }
    for row in COMMANDS.iter().filter(|row| row.kind == Kind::Changes) {
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
    for row in COMMANDS {
        let fields: BTreeSet<_> = row.required.iter().chain(row.optional).collect();
        assert_eq!(fields.len(), row.required.len() + row.optional.len(), "{}", row.tool);
        let roles: BTreeSet<Role> = row.roles.iter().map(|(role, _)| *role).collect();
        assert_eq!(roles.len(), row.roles.len(), "{}", row.tool);
    }
}

#[test]
fn only_reads_are_open_to_auditors() {
    for row in COMMANDS {
        assert_eq!(row.reach(Role::Auditor).is_some(), !row.is_mutating(), "{}", row.tool);
    }
}

/// Pins the table: a change of a route, a role or a state must be made here too, on purpose.
#[test]
fn the_table_is_what_it_was() {
    let lines: Vec<String> = COMMANDS
        .iter()
        .map(|row| {
            let roles: Vec<String> = row
                .roles
                .iter()
                .map(|(role, reach)| format!("{role}{}", if *reach == Reach::Own { "(own)" } else { "" }))
                .collect();
            let to: Vec<&str> = row.to.iter().map(|state| state.as_str()).collect();
            format!("{} | {} | {} | {}", row.tool, row.endpoint(), to.join(" "), roles.join(" "))
        })
        .collect();
    let recorders = "admin supervisor team_lead(own) support_agent(own) dispatcher ai_agent system";
    let readers = "admin supervisor team_lead(own) support_agent(own) dispatcher technician(own) vendor(own) qa approver \
                   finance customer(own) ai_agent system auditor";
    assert_eq!(
        lines,
        [
            format!("ticket.create | POST /tickets | NEW | {recorders}"),
            format!("ticket.blind_intake | POST /tickets/intake | READY_TO_SCHEDULE TRIAGED | {recorders}"),
            format!("ticket.read | GET /tickets/{{ticket_id}} |  | {readers}"),
            format!("ticket.list | GET /tickets |  | {readers}"),
            format!("ticket.timeline | GET /tickets/{{ticket_id}}/timeline |  | {readers}"),
        ]
    );
}

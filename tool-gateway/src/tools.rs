//! The tools themselves. Each gets a call that passed everything before, and answers with what its purpose needs.

mod context;
mod handover;
mod jobs;
mod outside;
mod places;
mod services;
mod tickets;
mod transactions;

pub(crate) use tickets::Link;
pub(crate) use transactions::identifier;

use patchbay_core::ticket::command::Kind;
use patchbay_core::tool::Tool;

use crate::gateway::Gateway;
use crate::outcome::{Outcome, Refusal};
use crate::pipeline::Admitted;

impl Gateway {
    /// Carries a call out.
    pub(crate) async fn execute(&self, call: &Admitted<'_>) -> Result<Outcome, Refusal> {
        #[cfg(test)]
        assert!(call.arguments["query"] != crate::tests::FATAL, "a test wants to see what a panic does");
        #[cfg(test)]
        if call.arguments["query"] == crate::tests::ENDLESS {
            std::future::pending::<()>().await;
        }
        match call.spec.tool {
            Tool::Context => self.context(call).await,
            Tool::SearchTickets if self.ticketing.is_some() => self.search_outside(call).await,
            Tool::SearchTickets => self.search_tickets(call).await,
            Tool::Ticket(command) if command.row().kind == Kind::Reads => self.read_ticket(call, command).await,
            Tool::Ticket(command) => self.command_ticket(call, command).await,
            Tool::FindJob => self.find_job(call).await,
            Tool::ListServices => self.list_services(call).await,
            Tool::Site => self.read_site(call).await,
            Tool::Asset => self.read_asset(call).await,
            Tool::ListTemplates => self.list_templates().await,
            Tool::TransactionStatus => self.transaction_status(call).await,
            Tool::TransactionHistory => self.transaction_history(call).await,
            Tool::GetDraft => self.get_draft(call).await,
            Tool::CreateTransaction => self.create_draft(call).await,
            Tool::CreateJob => self.create_job(call).await,
            Tool::ConfirmSchedule => self.create_visit(call).await,
            Tool::CommitTransaction => self.commit_draft(call).await,
            Tool::CancelTransaction => self.cancel_draft(call).await,
            Tool::RequestHuman => self.request_human(call).await,
            Tool::OutsideTicket => self.read_outside(call).await,
            Tool::OutsideCreate => self.create_outside(call).await,
            Tool::OutsideComment => self.comment_outside(call).await,
        }
    }
}

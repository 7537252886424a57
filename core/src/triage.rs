//! The triage flow: a menu, one more question, and then a queue; a way out and a short cut for emergencies at any step.
//! Source: domain, triage flow.

mod flow;
mod phrases;
mod texts;

pub use flow::{Heard, Next, RouteReason, TriageState, TriageStep, World, step};
pub use phrases::{asks_for_a_person, choice_of, is_emergency, language_of};
pub use texts::{Saying, say};

use crate::vocabulary;

vocabulary! {
    /// A language that the flow speaks.
    #[derive(Default)]
    pub enum Language {
        /// English.
        #[default]
        En => "en",
        /// French.
        Fr => "fr",
        /// Spanish.
        Es => "es",
    }
}

vocabulary! {
    /// An entry of the menu, in its order: the slug of the team it leads to.
    pub enum MenuChoice {
        /// Buying something.
        Sales => "sales",
        /// Something does not work.
        Support => "support",
        /// About an account or a payment.
        CustomerService => "customer_service",
        /// Somebody has to come.
        Dispatch => "dispatch",
    }
}

vocabulary! {
    /// A follow-up question.
    pub enum Question {
        /// Which product?
        ProductInterest => "product_interest",
        /// What is it about?
        IssueType => "issue_type",
        /// Which transaction?
        TransactionNumber => "transaction_number",
        /// Where, what and when?
        ServiceRequest => "service_request",
    }
}

impl MenuChoice {
    /// The entry with a number, from 1.
    pub fn of_number(text: &str) -> Option<Self> {
        let number: usize = text.trim().parse().ok()?;
        Self::ALL.get(number.checked_sub(1)?).copied()
    }

    /// Its number, from 1.
    pub fn number(self) -> usize {
        Self::ALL.iter().position(|choice| *choice == self).map_or(0, |place| place + 1)
    }

    /// What is asked after it.
    pub fn question(self) -> Question {
        match self {
            Self::Sales => Question::ProductInterest,
            Self::Support => Question::IssueType,
            Self::CustomerService => Question::TransactionNumber,
            Self::Dispatch => Question::ServiceRequest,
        }
    }
}

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

/// What a classifier takes a text for.
#[derive(Clone, Debug, PartialEq)]
pub struct Classified {
    /// In a word, as routing rules name it.
    pub intent: String,
    /// How sure it is, from 0 to 1.
    pub confidence: f64,
    /// The entry of the menu that it would be.
    pub choice: Option<MenuChoice>,
}

impl Classified {
    /// How sure a classifier must be to choose from the menu for a customer.
    const SURE: f64 = 0.6;

    /// Reads the answer of a model: `{"intent","confidence","choice"}`. `None`: it is none.
    pub fn read(text: &str) -> Option<Self> {
        let answer: serde_json::Value = serde_json::from_str(text.trim()).ok()?;
        let intent = answer.get("intent")?.as_str()?.trim().to_lowercase();
        let confidence = answer.get("confidence")?.as_f64().filter(|sure| (0.0..=1.0).contains(sure))?;
        let is_word = (1..=50).contains(&intent.chars().count());
        let choice = answer.get("choice").and_then(serde_json::Value::as_str).and_then(|word| word.parse().ok());
        is_word.then_some(Self { intent, confidence, choice })
    }

    /// The entry of the menu, when it is sure enough.
    pub fn chosen(&self) -> Option<MenuChoice> {
        self.choice.filter(|_| self.confidence >= Self::SURE)
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

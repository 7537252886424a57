//! One step of the flow: from where it stands and what was heard to what is said next, or to a queue.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::phrases::{asks_for_a_person, choice_of, is_emergency, language_of};
use super::{Language, MenuChoice, Question, Saying};
use crate::vocabulary;
use crate::words::{normalized, spaced};

/// Longest piece of an answer that is kept, in characters.
const ANSWER_CHARS: usize = 1_000;
/// How often the menu is shown.
const MENU_SHOWN: u32 = 2;

vocabulary! {
    /// How far the flow is.
    #[derive(Default)]
    pub enum TriageStep {
        /// Nothing was asked yet.
        #[default]
        Start => "start",
        /// The menu was shown.
        Menu => "menu",
        /// The follow-up question was asked.
        FollowUp => "follow_up",
        /// It is over.
        Done => "done",
    }
}

vocabulary! {
    /// Why a conversation leaves the flow.
    pub enum RouteReason {
        /// All was answered.
        Answered => "answered",
        /// A rule went by what was written.
        Rule => "rule",
        /// The customer wants a person.
        Escaped => "escaped",
        /// The answers were not understood.
        Unclear => "unclear",
        /// It cannot wait.
        Emergency => "emergency",
        /// The customer did not answer.
        Unanswered => "unanswered",
        /// The customer cannot be asked.
        Unreachable => "unreachable",
    }
}

/// Where the flow of a conversation stands. Stored with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriageState {
    /// How far it is.
    pub step: TriageStep,
    /// How often the menu was shown.
    #[serde(default)]
    pub attempts: u32,
    /// The customer's language.
    #[serde(default)]
    pub language: Language,
    /// What was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<MenuChoice>,
    /// What was asked after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<Question>,
    /// What the customer answered.
    #[serde(default)]
    pub answers: Vec<String>,
    /// The last message that was heard, by its sequence.
    #[serde(default)]
    pub heard_seq: i64,
    /// When the last question was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question_sent_at: Option<DateTime<Utc>>,
    /// The closed period of which the customer was told, by its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_closed: Option<String>,
}

/// A message of the customer.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    /// Its text, or what was chosen on a button.
    pub text: Option<&'a str>,
    /// Its sequence.
    pub seq: i64,
    /// When it was stored.
    pub at: DateTime<Utc>,
}

/// What else decides.
#[derive(Clone, Copy, Debug)]
pub struct World {
    /// The time now.
    pub now: DateTime<Utc>,
    /// The entry that a classifier took the text for.
    pub classified: Option<MenuChoice>,
    /// A rule that goes by what is written applies, and perhaps has a question of its own.
    pub ruled: Option<Option<Question>>,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Something is said, and the answer is awaited.
    Say(Saying),
    /// Nothing: the message came before the question and answers nothing.
    Wait,
    /// To a queue.
    Route(RouteReason),
}

/// Takes one message into account. The same message again changes nothing: ask [`TriageState::heard_seq`] first.
pub fn step(state: &mut TriageState, heard: Heard<'_>, world: World) -> Next {
    let text = normalized(heard.text.unwrap_or_default());
    let words = spaced(&text);
    state.heard_seq = heard.seq;
    if let Some(language) = language_of(&words).filter(|_| state.step != TriageStep::FollowUp) {
        state.language = language;
    }
    if let Some(text) = heard.text.map(str::trim).filter(|text| !text.is_empty()) {
        state.answers.push(text.chars().take(ANSWER_CHARS).collect());
    }
    if is_emergency(&words) {
        return state.leave(RouteReason::Emergency);
    }
    if asks_for_a_person(&words) {
        return state.leave(RouteReason::Escaped);
    }
    match state.step {
        TriageStep::Start => match world.ruled {
            Some(Some(question)) => state.ask(question, world.now),
            Some(None) => state.leave(RouteReason::Rule),
            None => state.show(Saying::Menu, world.now),
        },
        TriageStep::Menu => match choice_of(&words).or(world.classified) {
            Some(choice) => {
                state.choice = Some(choice);
                state.ask(world.ruled.flatten().unwrap_or(choice.question()), world.now)
            }
            // What was written before the question cannot answer it badly.
            None if state.question_sent_at.is_some_and(|asked| heard.at <= asked) => Next::Wait,
            None if state.attempts < MENU_SHOWN => state.show(Saying::MenuAgain, world.now),
            None => state.leave(RouteReason::Unclear),
        },
        TriageStep::FollowUp | TriageStep::Done => state.leave(RouteReason::Answered),
    }
}

impl TriageState {
    fn show(&mut self, saying: Saying, now: DateTime<Utc>) -> Next {
        self.step = TriageStep::Menu;
        self.attempts += 1;
        self.question_sent_at = Some(now);
        Next::Say(saying)
    }

    fn ask(&mut self, question: Question, now: DateTime<Utc>) -> Next {
        self.step = TriageStep::FollowUp;
        self.question = Some(question);
        self.question_sent_at = Some(now);
        Next::Say(Saying::Ask(question))
    }

    /// Ends the flow.
    pub fn leave(&mut self, reason: RouteReason) -> Next {
        self.step = TriageStep::Done;
        Next::Route(reason)
    }

    /// All that the customer wrote, normalized.
    pub fn said(&self) -> String {
        normalized(&self.answers.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_772_719_200 + second, 0).unwrap()
    }

    fn hear(state: &mut TriageState, second: i64, text: &str) -> Next {
        let seq = state.heard_seq + 1;
        let world = World { now: at(second), classified: None, ruled: None };
        step(state, Heard { text: Some(text), seq, at: at(second) }, world)
    }

    #[test]
    fn menu_then_one_question_then_a_queue() {
        let mut state = TriageState::default();
        assert_eq!(hear(&mut state, 0, "Hola, buenos dias"), Next::Say(Saying::Menu));
        assert_eq!(state.language, Language::Es);
        assert_eq!(hear(&mut state, 5, "2"), Next::Say(Saying::Ask(Question::IssueType)));
        assert_eq!(hear(&mut state, 9, "la puerta"), Next::Route(RouteReason::Answered));
        assert_eq!((state.choice, state.answers.len()), (Some(MenuChoice::Support), 3));
    }

    #[test]
    fn one_retry_then_people_decide() {
        let mut state = TriageState::default();
        hear(&mut state, 0, "hello");
        assert_eq!(hear(&mut state, 5, "hm"), Next::Say(Saying::MenuAgain));
        assert_eq!(hear(&mut state, 9, "hm hm"), Next::Route(RouteReason::Unclear));
    }

    #[test]
    fn what_was_written_before_the_question_is_no_wrong_answer() {
        let mut state = TriageState::default();
        hear(&mut state, 5, "hello");
        assert_eq!(hear(&mut state, 4, "the thing"), Next::Wait);
        assert_eq!(state.attempts, 1);
        assert_eq!(hear(&mut state, 5, "2"), Next::Say(Saying::Ask(Question::IssueType)));
        // Said in one breath with the number: it answers the question that follows.
        assert_eq!(hear(&mut state, 5, "the door"), Next::Route(RouteReason::Answered));
    }

    #[test]
    fn people_and_emergencies_go_first_at_any_step() {
        for (before, text, reason) in [
            (&["hello"][..], "a human please", RouteReason::Escaped),
            (&[], "agent", RouteReason::Escaped),
            (&["hello", "2"], "gas leak in the hall, get me a person", RouteReason::Emergency),
            (&[], "There is flooding", RouteReason::Emergency),
        ] {
            let mut state = TriageState::default();
            for (second, said) in before.iter().enumerate() {
                hear(&mut state, i64::try_from(second).unwrap(), said);
            }
            assert_eq!(hear(&mut state, 60, text), Next::Route(reason), "{text}");
        }
    }

    #[test]
    fn a_rule_by_text_needs_no_menu() {
        let heard = Heard { text: Some("acceso"), seq: 1, at: at(0) };
        let mut state = TriageState::default();
        let ruled = World { now: at(0), classified: None, ruled: Some(None) };
        assert_eq!(step(&mut state, heard, ruled), Next::Route(RouteReason::Rule));
        let mut state = TriageState::default();
        let asks = World { now: at(0), classified: None, ruled: Some(Some(Question::ServiceRequest)) };
        assert_eq!(step(&mut state, heard, asks), Next::Say(Saying::Ask(Question::ServiceRequest)));
    }
}

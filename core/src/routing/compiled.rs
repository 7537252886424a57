//! Rules made ready: all keywords in one automaton, all patterns in few sets, so that a thousand rules cost one walk over
//! the text.

use std::collections::HashSet;

use aho_corasick::AhoCorasick;
use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use serde::{Deserialize, Serialize};

use super::rule::{Conditions, Consequences, MAX_PATTERN_CHARS, Notified, RoutingRule, RuleRef};
use super::{OpenTicket, RoutingFacts};
use crate::conversation::Priority;
use crate::ids::{TeamId, UserId};
use crate::triage::{MenuChoice, Question};
use crate::words::{normalized, spaced};

/// Patterns that are matched together.
const PATTERNS_AT_ONCE: usize = 64;
/// Largest automaton of one pattern, in bytes.
const PATTERN_BYTES: usize = 1 << 20;
/// Most words in one list.
const MOST_WORDS: usize = 200;
/// Longest word of a list, in characters.
const WORD_CHARS: usize = 100;

/// A rule cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct RuleMisfit {
    /// Which field.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
}

fn misfit(path: impl Into<String>, message: impl Into<String>) -> RuleMisfit {
    RuleMisfit { path: path.into(), message: message.into() }
}

/// Checks what can be told from a rule alone.
pub fn check(when: &Conditions, then: &Consequences) -> Result<(), RuleMisfit> {
    if let Some(pattern) = &when.regex {
        if pattern.chars().count() > MAX_PATTERN_CHARS {
            return Err(misfit("when.regex", format!("at most {MAX_PATTERN_CHARS} characters")));
        }
        compile(pattern).map_err(|_| misfit("when.regex", "is not a valid pattern"))?;
    }
    for (place, choice) in when.menu_choice.iter().enumerate() {
        if MenuChoice::of_number(choice).is_none() {
            let message = format!("must be a number from 1 to {}", MenuChoice::ALL.len());
            return Err(misfit(format!("when.menu_choice[{place}]"), message));
        }
    }
    if when.intent_confidence_gte.is_some_and(|least| !(0.0..=1.0).contains(&least)) {
        return Err(misfit("when.intent_confidence_gte", "must be between 0 and 1"));
    }
    let lists = [
        ("when.keywords_any", &when.keywords_any),
        ("when.intent", &when.intent),
        ("when.customer_tags_any", &when.customer_tags_any),
        ("when.site_zone", &when.site_zone),
        ("when.account_profile", &when.account_profile),
        ("then.required_skills", &then.required_skills),
        ("then.tags", &then.tags),
    ];
    for (path, words) in lists {
        if words.len() > MOST_WORDS {
            return Err(misfit(path, format!("at most {MOST_WORDS} entries")));
        }
        for (place, word) in words.iter().enumerate() {
            if word.trim().is_empty() || word.chars().count() > WORD_CHARS {
                return Err(misfit(format!("{path}[{place}]"), format!("must have 1 to {WORD_CHARS} characters")));
            }
        }
    }
    for (place, word) in when.keywords_any.iter().enumerate() {
        if spaced(&normalized(word)).trim().is_empty() {
            return Err(misfit(format!("when.keywords_any[{place}]"), "must have a letter or a digit"));
        }
    }
    if *then == Consequences::default() {
        return Err(misfit("then", "must do something"));
    }
    Ok(())
}

fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).build()
}

/// What the rules make of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The rule that decided: the one that said the team, else the first that applied.
    pub rule: Option<RuleRef>,
    /// All that applied, in order.
    pub applied: Vec<RuleRef>,
    /// Whose queue it goes to.
    pub team: Option<TeamId>,
    /// How urgent it is.
    pub priority: Option<Priority>,
    /// What whoever takes it must be able to do.
    pub required_skills: Vec<String>,
    /// Tags it gets.
    pub tags: Vec<String>,
    /// What the customer is asked first.
    pub ask: Option<Question>,
    /// A ticket that is made of it.
    pub open_ticket: Option<OpenTicket>,
    /// Who gets it.
    pub assign_to: Option<UserId>,
    /// Who is told.
    pub notify: Vec<Notified>,
}

impl Plan {
    fn add(&mut self, rule: &RoutingRule) {
        let then = &rule.then;
        let decides = self.rule.is_none() || (self.team.is_none() && then.team.is_some());
        if decides {
            self.rule = Some(rule.rule);
        }
        self.applied.push(rule.rule);
        self.team = self.team.or(then.team);
        self.priority = self.priority.or(then.priority);
        self.ask = self.ask.or(then.ask);
        self.open_ticket = self.open_ticket.take().or_else(|| then.open_ticket.clone());
        self.assign_to = self.assign_to.or(then.assign_to);
        add_new(&mut self.required_skills, &then.required_skills);
        add_new(&mut self.tags, &then.tags);
        add_new(&mut self.notify, &then.notify);
    }
}

fn add_new<T: Clone + PartialEq>(to: &mut Vec<T>, from: &[T]) {
    for one in from {
        if !to.contains(one) {
            to.push(one.clone());
        }
    }
}

/// Rules in force, compiled.
#[derive(Debug, Default)]
pub struct RuleSet {
    rules: Vec<RoutingRule>,
    /// All keywords; `keyword_rules` tells of which rules each is.
    keywords: Option<AhoCorasick>,
    keyword_rules: Vec<Vec<usize>>,
    /// All patterns, some at once, with the rule of each.
    patterns: Vec<(RegexSet, Vec<usize>)>,
}

impl RuleSet {
    /// Compiles rules. A rule whose pattern does not compile never applies: it was refused when it was saved.
    pub fn compile(mut rules: Vec<RoutingRule>) -> Self {
        rules.sort_by_key(|rule| (rule.order, rule.rule.id));
        let (mut words, mut keyword_rules): (Vec<String>, Vec<Vec<usize>>) = (Vec::new(), Vec::new());
        for (place, rule) in rules.iter().enumerate() {
            for word in &rule.when.keywords_any {
                let word = spaced(&normalized(word));
                if let Some(known) = words.iter().position(|known| *known == word) {
                    keyword_rules[known].push(place);
                } else {
                    words.push(word);
                    keyword_rules.push(vec![place]);
                }
            }
        }
        let keywords = if words.is_empty() { None } else { AhoCorasick::new(&words).ok() };
        let with_pattern: Vec<(usize, &str)> = rules
            .iter()
            .enumerate()
            .filter_map(|(place, rule)| Some((place, rule.when.regex.as_deref()?)))
            .filter(|(_, pattern)| compile(pattern).is_ok())
            .collect();
        let patterns = with_pattern
            .chunks(PATTERNS_AT_ONCE)
            .filter_map(|some| {
                let set = RegexSetBuilder::new(some.iter().map(|(_, pattern)| pattern))
                    .size_limit(PATTERN_BYTES * PATTERNS_AT_ONCE)
                    .build()
                    .ok()?;
                Some((set, some.iter().map(|(place, _)| *place).collect()))
            })
            .collect();
        Self { rules, keywords, keyword_rules, patterns }
    }

    /// Which rules they are.
    pub fn refs(&self) -> Vec<RuleRef> {
        self.rules.iter().map(|rule| rule.rule).collect()
    }

    /// What the rules make of a conversation. Source: domain, routing rule format.
    pub fn plan(&self, facts: &RoutingFacts<'_>) -> Plan {
        self.plan_of(facts, |_| true)
    }

    /// The same by those rules only that go by what was written.
    pub fn plan_by_text(&self, facts: &RoutingFacts<'_>) -> Plan {
        self.plan_of(facts, Conditions::goes_by_text)
    }

    fn plan_of(&self, facts: &RoutingFacts<'_>, counts: impl Fn(&Conditions) -> bool) -> Plan {
        let said = self.said(facts.text);
        let mut plan = Plan::default();
        for (place, rule) in self.rules.iter().enumerate() {
            if counts(&rule.when) && holds(&rule.when, facts, place, &said) {
                plan.add(rule);
                if rule.stop {
                    break;
                }
            }
        }
        plan
    }

    /// Which rules have a keyword in the text, and which have a pattern that matches it.
    fn said(&self, text: &str) -> Said {
        let mut said = Said::default();
        if let Some(keywords) = &self.keywords {
            let words = spaced(text);
            for found in keywords.find_overlapping_iter(&words) {
                said.keyword.extend(&self.keyword_rules[found.pattern().as_usize()]);
            }
        }
        for (set, places) in &self.patterns {
            said.pattern.extend(set.matches(text).into_iter().map(|which| places[which]));
        }
        said
    }
}

#[derive(Default)]
struct Said {
    keyword: HashSet<usize>,
    pattern: HashSet<usize>,
}

fn holds(when: &Conditions, facts: &RoutingFacts<'_>, place: usize, said: &Said) -> bool {
    let one_of = |list: &[String], any: &[String]| list.is_empty() || list.iter().any(|word| any.contains(word));
    let intent = when.intent.is_empty() && when.intent_confidence_gte.is_none()
        || facts.intent.is_some_and(|(intent, sure)| {
            (when.intent.is_empty() || when.intent.iter().any(|word| word == intent))
                && when.intent_confidence_gte.is_none_or(|least| sure >= least)
        });
    let choice = when.menu_choice.is_empty()
        || facts
            .menu_choice
            .is_some_and(|choice| when.menu_choice.iter().any(|number| MenuChoice::of_number(number) == Some(choice)));
    let profile = when.account_profile.is_empty()
        || facts.account_profile.is_some_and(|profile| when.account_profile.iter().any(|word| word == profile));
    (when.channel.is_empty() || when.channel.contains(&facts.channel))
        && choice
        && (when.language.is_empty() || when.language.contains(&facts.language))
        && intent
        && one_of(&when.customer_tags_any, facts.tags)
        && one_of(&when.site_zone, facts.site_zones)
        && profile
        && when.in_business_hours.is_none_or(|open| open == facts.in_business_hours)
        && when.is_new_contact.is_none_or(|new| new == facts.is_new_contact)
        && (when.keywords_any.is_empty() || said.keyword.contains(&place))
        && (when.regex.is_none() || said.pattern.contains(&place))
}

#[cfg(test)]
mod tests;

//! The policy of tools as data: who may use what, what asks for a person, how far assistants act by themselves. Validated
//! as a whole, with cases that have to come out as they say; a word that nothing knows is an error, never a rule that
//! silently matches nothing. Source: tool gateway reference, policy as data; domain, extraction and autonomy.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::canonical::canonical_hash;
use crate::tool::catalog::{Class, Tool, ToolSpec};
use crate::tool::draft::{COMPARED, HUMAN_ABOVE, MOST, Plan};
use crate::tool::escalation::{self, Escalation, JobFacts};
use crate::vocabulary;

vocabulary! {
    /// How far assistants act by themselves. Money always needs its proofs.
    pub enum Autonomy {
        /// They look things up; a person does the rest.
        Assisted => "assisted",
        /// They also record and update what a customer tells.
        Bounded => "bounded",
        /// They do everything that the catalog offers them.
        Operational => "operational",
    }
}

vocabulary! {
    /// Where a policy comes from.
    pub enum Origin {
        /// It came with the program.
        Shipped => "shipped",
        /// The file that the settings name.
        File => "file",
        /// Somebody proposed it, and somebody else agreed.
        Proposal => "proposal",
    }
}

vocabulary! {
    /// Where a policy stands.
    pub enum PolicyState {
        /// It waits for a second person.
        Proposed => "proposed",
        /// A second person said no.
        Rejected => "rejected",
        /// Calls are judged by it.
        InForce => "in_force",
        /// Calls were judged by it.
        Replaced => "replaced",
    }
}

/// Whom a conversation may be with.
const PARTIES: &[&str] = &["customer", "dealer"];

/// The whole policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Grows with every change. Drafts of another version are not carried out.
    pub version: i64,
    /// How far assistants act by themselves where a tool says nothing else.
    #[serde(default = "bounded")]
    pub autonomy: Autonomy,
    /// What differs for single tools from what the catalog says.
    #[serde(default, rename = "tool")]
    pub tools: BTreeMap<String, ToolRule>,
    /// Amounts above which a person is asked, alone or with the sum of 24 hours, in minor units by currency. A currency
    /// that is not here always asks for a person.
    #[serde(default = "thresholds")]
    pub human_above_minor: BTreeMap<String, i64>,
    /// What has to come out.
    #[serde(default, rename = "case")]
    pub cases: Vec<Case>,
}

/// What differs for one tool.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ToolRule {
    /// Nobody may use it.
    pub off: bool,
    /// Slugs of the teams whose conversations may use it; missing: as the catalog says.
    pub teams: Option<Vec<String>>,
    /// Most calls in a conversation in an hour; missing: as the catalog says.
    pub per_hour: Option<usize>,
    /// Its drafts always ask for a person.
    pub human: bool,
    /// How far assistants act by themselves with it.
    pub autonomy: Option<Autonomy>,
    /// The parties whose conversations may use it (`customer`, `dealer`); missing: as the catalog says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<Vec<String>>,
    /// What makes its drafts a person's to look at; missing: as is shipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalate: Option<Vec<Escalation>>,
}

/// A call, as far as the policy looks at it, and what has to come out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The tool.
    pub tool: String,
    /// The conversation's team.
    pub team: Option<String>,
    /// The amount.
    pub amount_minor: Option<i64>,
    /// Its currency; USD when missing.
    pub currency: Option<String>,
    /// What was drafted in 24 hours before.
    pub sum_minor: Option<i64>,
    /// `allowed`, `plan.…` or the reason of a refusal.
    pub expect: String,
    /// The conversation's party; any when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<String>,
    /// Make of the vehicle of a job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vehicle_make: Option<String>,
    /// Whether the dealership is flagged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dealer_flagged: Option<bool>,
    /// How sure the assistant was of what it read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parsing_confidence: Option<f64>,
}

/// What the policy says to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It may be made, with nothing to prove.
    Allowed,
    /// It may be made; its draft needs these proofs.
    Drafted(Plan),
    /// It may not.
    Refused(&'static str),
}

impl Judgement {
    /// The word for it, as cases and dry runs say it.
    pub fn word(&self) -> String {
        match self {
            Self::Allowed => "allowed".to_owned(),
            Self::Drafted(plan) => format!("plan.{plan}"),
            Self::Refused(reason) => (*reason).to_owned(),
        }
    }
}

/// What is wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Versions begin with 1.
    #[error("version: must be at least 1")]
    Version,
    /// There is no such tool.
    #[error("tool.{0}: no tool has this name")]
    Tool(String),
    /// A list of teams without a team.
    #[error("tool.{0}.teams: must name at least one team; use off = true to switch a tool off")]
    NoTeam(String),
    /// A party that there is not.
    #[error("tool.{0}.party: must name customer, dealer or both")]
    Party(String),
    /// A rule that compares with nothing, that nothing follows from, or of a tool that no rules are for.
    #[error("tool.{0}.escalate: each rule needs what it compares with and what follows, and only jobs have rules")]
    Escalation(String),
    /// A threshold that no role may approve, a negative one, or a currency that is none.
    #[error("human_above_minor.{0}: must be a currency and between 0 and {MOST}")]
    Threshold(String),
    /// A case does not come out.
    #[error("case {number} ({tool}): expected {expected}, found {found}")]
    Case {
        /// Which, from 1.
        number: usize,
        /// About which tool.
        tool: String,
        /// What it says.
        expected: String,
        /// What comes out.
        found: String,
    },
}

fn bounded() -> Autonomy {
    Autonomy::Bounded
}

fn thresholds() -> BTreeMap<String, i64> {
    COMPARED.iter().map(|currency| ((*currency).to_owned(), HUMAN_ABOVE)).collect()
}

impl Default for Policy {
    /// The shipped policy, with its cases.
    fn default() -> Self {
        let case = |tool: &str, team: &str, amount: i64, sum: i64, currency: &str, expect: &str| Case {
            tool: tool.to_owned(),
            team: Some(team.to_owned()),
            amount_minor: Some(amount),
            currency: Some(currency.to_owned()),
            sum_minor: Some(sum),
            expect: expect.to_owned(),
            ..Case::default()
        };
        let draft = "create_transaction_draft";
        Self {
            version: 1,
            autonomy: Autonomy::Bounded,
            tools: BTreeMap::new(),
            human_above_minor: thresholds(),
            cases: vec![
                case(draft, "support", 500, 0, "USD", "permission.team"),
                case(draft, "sales", 100_000, 0, "USD", "plan.customer"),
                case(draft, "sales", 100_001, 0, "USD", "plan.customer+human"),
                case(draft, "sales", 40_000, 60_001, "CAD", "plan.customer+human"),
                case(draft, "sales", 1, 0, "EUR", "plan.customer+human"),
                case("search_tickets", "support", 0, 0, "USD", "allowed"),
                case("ticket.create", "support", 0, 0, "USD", "allowed"),
                case("assignment.dispatch", "support", 0, 0, "USD", "tool.unknown"),
            ],
        }
    }
}

impl Policy {
    /// Checks the policy against the tools there are. Error: the first thing that is wrong.
    pub fn check(&self, catalog: &[ToolSpec]) -> Result<(), PolicyError> {
        if self.version < 1 {
            return Err(PolicyError::Version);
        }
        for (name, rule) in &self.tools {
            if !catalog.iter().any(|spec| spec.name == name) {
                return Err(PolicyError::Tool(name.clone()));
            }
            if rule.teams.as_ref().is_some_and(Vec::is_empty) {
                return Err(PolicyError::NoTeam(name.clone()));
            }
            let is_party = |party: &String| PARTIES.contains(&party.as_str());
            if rule.party.as_ref().is_some_and(|parties| parties.is_empty() || !parties.iter().all(is_party)) {
                return Err(PolicyError::Party(name.clone()));
            }
            if let Some(rules) = &rule.escalate {
                let has_rules = catalog.iter().any(|spec| spec.name == name && spec.tool == Tool::CreateJob);
                if !has_rules || !rules.iter().all(Escalation::is_whole) {
                    return Err(PolicyError::Escalation(name.clone()));
                }
            }
        }
        for (currency, above) in &self.human_above_minor {
            let is_currency = currency.len() == 3 && currency.bytes().all(|letter| letter.is_ascii_uppercase());
            if !is_currency || !(0..=MOST).contains(above) {
                return Err(PolicyError::Threshold(currency.clone()));
            }
        }
        for (number, case) in self.cases.iter().enumerate() {
            let found = self.judge(catalog, case).word();
            if found != case.expect {
                let (tool, expected) = (case.tool.clone(), case.expect.clone());
                return Err(PolicyError::Case { number: number + 1, tool, expected, found });
            }
        }
        Ok(())
    }

    /// A hash of everything it says.
    pub fn hash(&self) -> String {
        canonical_hash(&serde_json::to_value(self).unwrap_or(Value::Null))
    }

    /// What is different for a tool.
    fn rule(&self, name: &str) -> Option<&ToolRule> {
        self.tools.get(name)
    }

    /// Whether nobody may use a tool.
    pub fn is_off(&self, spec: &ToolSpec) -> bool {
        self.rule(spec.name).is_some_and(|rule| rule.off)
    }

    /// Whether a tool may be used in a team's conversations.
    pub fn allows_team(&self, spec: &ToolSpec, team: Option<&str>) -> bool {
        match self.rule(spec.name).and_then(|rule| rule.teams.as_ref()) {
            Some(teams) => team.is_some_and(|team| teams.iter().any(|one| one == team)),
            None => spec.team.is_none_or(|only| team == Some(only)),
        }
    }

    /// Whether a tool may be used in the conversations of a party.
    pub fn allows_party(&self, spec: &ToolSpec, party: &str) -> bool {
        match self.rule(spec.name).and_then(|rule| rule.party.as_ref()) {
            Some(parties) => parties.iter().any(|one| one == party),
            None => spec.party.is_none_or(|only| party == only),
        }
    }

    /// What makes a drafted job a person's to look at, of the rules that hold for it.
    pub fn escalations(&self, spec: &ToolSpec, facts: &JobFacts<'_>) -> Vec<Escalation> {
        let rules = self.rule(spec.name).and_then(|rule| rule.escalate.clone()).unwrap_or_else(escalation::shipped);
        rules.into_iter().filter(|rule| rule.holds(facts)).collect()
    }

    /// The proofs that a draft needs that moves no money: the customer's own reply, or a person's agreement where one is
    /// asked for anyway.
    pub fn plan_without_money(&self, spec: &ToolSpec, escalations: &[Escalation]) -> Plan {
        let always = self.rule(spec.name).is_some_and(|rule| rule.human);
        if always || escalations.iter().any(|rule| rule.human) {
            Plan::Human
        } else if self.autonomy(spec) == Autonomy::Assisted {
            Plan::CustomerAndHuman
        } else {
            Plan::Customer
        }
    }

    /// Most calls of a tool in a conversation in an hour.
    pub fn per_hour(&self, spec: &ToolSpec) -> Option<usize> {
        self.rule(spec.name).and_then(|rule| rule.per_hour).or(spec.ceiling)
    }

    /// How far assistants act by themselves with a tool.
    pub fn autonomy(&self, spec: &ToolSpec) -> Autonomy {
        self.rule(spec.name).and_then(|rule| rule.autonomy).unwrap_or(self.autonomy)
    }

    /// Whether an assistant may only look: what it would change, a person does.
    pub fn leaves_to_people(&self, spec: &ToolSpec) -> bool {
        self.autonomy(spec) == Autonomy::Assisted
            && spec.class == Class::Draft
            && matches!(spec.tool, Tool::Ticket(_) | Tool::OutsideCreate | Tool::OutsideComment)
    }

    /// The proofs that a transaction needs.
    pub fn plan(&self, spec: &ToolSpec, amount_minor: i64, sum_minor: i64, currency: &str) -> Plan {
        let with_the_sum = amount_minor.saturating_add(sum_minor);
        let is_large = self.human_above_minor.get(currency).is_none_or(|above| with_the_sum.max(amount_minor) > *above);
        let always = self.rule(spec.name).is_some_and(|rule| rule.human);
        if is_large || always || self.autonomy(spec) == Autonomy::Assisted {
            Plan::CustomerAndHuman
        } else {
            Plan::Customer
        }
    }

    /// What the policy says to a call of an assistant.
    pub fn judge(&self, catalog: &[ToolSpec], case: &Case) -> Judgement {
        let Some(spec) = catalog.iter().find(|spec| spec.answers_to(&case.tool)) else {
            return Judgement::Refused("tool.unknown");
        };
        if self.is_off(spec) {
            return Judgement::Refused("tool.unknown");
        }
        if !self.allows_team(spec, case.team.as_deref()) {
            return Judgement::Refused("permission.team");
        }
        if case.party.as_deref().is_some_and(|party| !self.allows_party(spec, party)) {
            return Judgement::Refused("permission.party");
        }
        if self.leaves_to_people(spec) {
            return Judgement::Refused("confirmation.human_required");
        }
        if spec.tool == Tool::CreateJob {
            let facts = JobFacts {
                make: case.vehicle_make.as_deref().unwrap_or_default(),
                vin: None,
                dealer_flagged: case.dealer_flagged.unwrap_or(false),
                parsing_confidence: case.parsing_confidence,
            };
            return Judgement::Drafted(self.plan_without_money(spec, &self.escalations(spec, &facts)));
        }
        if spec.tool == Tool::ConfirmSchedule {
            return Judgement::Drafted(self.plan_without_money(spec, &[]));
        }
        if spec.tool != Tool::CreateTransaction {
            return Judgement::Allowed;
        }
        let (amount, sum) = (case.amount_minor.unwrap_or(0), case.sum_minor.unwrap_or(0));
        let currency = case.currency.as_deref().unwrap_or("USD");
        Judgement::Drafted(self.plan(spec, amount, sum, currency))
    }

    /// The policy as people see it.
    pub fn body(&self) -> Value {
        let mut body = serde_json::to_value(self).unwrap_or_else(|_| json!({}));
        body["hash"] = self.hash().into();
        body
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tool::catalog::catalog;

    fn read(text: Value) -> Policy {
        serde_json::from_value(text).expect("a policy")
    }

    #[test]
    fn the_shipped_policy_holds_its_own_cases() {
        assert_eq!(Policy::default().check(&catalog()), Ok(()));
    }

    /// A version is never used for two policies: whoever changes the shipped one gives it a higher version, and this hash.
    #[test]
    fn the_shipped_policy_is_the_one_of_its_version() {
        let shipped = Policy::default();
        assert_eq!(shipped.version, 1);
        assert_eq!(shipped.hash(), "ed90955776cd2ee55ddcacaa82936d77b5869e9141a3a63be033e45730d4c8cb");
    }

    #[test]
    fn a_word_that_nothing_knows_is_an_error() {
        let catalog = catalog();
        let wrong = |value: Value| read(value).check(&catalog).expect_err("wrong");
        assert_eq!(wrong(json!({"version": 0})), PolicyError::Version);
        assert_eq!(
            wrong(json!({"version": 2, "tool": {"create_transction": {"human": true}}})),
            PolicyError::Tool("create_transction".into())
        );
        assert_eq!(
            wrong(json!({"version": 2, "tool": {"search_tickets": {"teams": []}}})),
            PolicyError::NoTeam("search_tickets".into())
        );
        assert_eq!(
            wrong(json!({"version": 2, "human_above_minor": {"USD": 2_000_000}})),
            PolicyError::Threshold("USD".into())
        );
        assert!(
            serde_json::from_value::<Policy>(json!({"version": 2, "tool": {"search_tickets": {"team": ["x"]}}}))
                .is_err()
        );
    }

    #[test]
    fn a_case_that_does_not_come_out_refuses_the_whole_policy() {
        let case = json!({"tool": "create_transaction_draft", "team": "sales", "amount_minor": 5, "expect": "allowed"});
        let policy = read(json!({"version": 2, "case": [case]}));
        let Err(PolicyError::Case { number: 1, found, .. }) = policy.check(&catalog()) else { panic!("taken") };
        assert_eq!(found, "plan.customer");
    }

    proptest! {
        #[test]
        fn splitting_an_amount_never_avoids_a_person(parts in prop::collection::vec(1_i64..100_000, 2..8)) {
            let (policy, catalog) = (Policy::default(), catalog());
            let spec = catalog.iter().find(|spec| spec.tool == Tool::CreateTransaction).expect("there");
            let (mut sum, mut without_a_person) = (0, 0);
            for part in parts {
                if policy.plan(spec, part, sum, "USD") == Plan::Customer {
                    without_a_person += part;
                }
                sum += part;
            }
            prop_assert!(without_a_person <= HUMAN_ABOVE);
        }
    }

    #[test]
    fn a_tool_is_switched_off_moved_to_a_team_and_left_to_people() {
        let catalog = catalog();
        let policy = read(json!({
            "version": 2, "human_above_minor": {"USD": 1_000},
            "tool": {
                "list_services": {"off": true},
                "search_tickets": {"teams": ["support"], "per_hour": 3},
                "ticket.create": {"autonomy": "assisted"},
            },
        }));
        let says = |tool: &str, team: &str, amount: i64| {
            let case = Case {
                tool: tool.into(),
                team: Some(team.into()),
                amount_minor: Some(amount),
                currency: None,
                sum_minor: None,
                ..Case::default()
            };
            policy.judge(&catalog, &case).word()
        };
        assert_eq!(says("list_services", "sales", 0), "tool.unknown");
        assert_eq!(says("search_tickets", "sales", 0), "permission.team");
        assert_eq!(says("search_tickets", "support", 0), "allowed");
        assert_eq!(says("ticket_create", "support", 0), "confirmation.human_required");
        assert_eq!(says("create_transaction_draft", "sales", 1_001), "plan.customer+human");
        assert_eq!(says("create_transaction_draft", "sales", 1_000), "plan.customer");
    }

    #[test]
    fn a_flagged_job_waits_for_a_person_and_any_other_for_the_dealer() {
        let (shipped, catalog) = (Policy::default(), catalog());
        let job = Case { tool: "create_job_draft".into(), party: Some("dealer".into()), ..Case::default() };
        let make = |make: &str| Case { vehicle_make: Some(make.into()), ..job.clone() };
        let says = |policy: &Policy, case: Case| policy.judge(&catalog, &case).word();
        assert_eq!(says(&shipped, make("Honda")), "plan.customer");
        assert_eq!(says(&shipped, make("AUDI")), "plan.human");
        assert_eq!(says(&shipped, Case { dealer_flagged: Some(true), ..make("Honda") }), "plan.human");
        assert_eq!(says(&shipped, Case { parsing_confidence: Some(0.5), ..make("Honda") }), "plan.human");
        assert_eq!(says(&shipped, Case { party: Some("customer".into()), ..make("Honda") }), "permission.party");
        let own = read(json!({
            "version": 2,
            "tool": {"create_job_draft": {
                "party": ["customer"],
                "escalate": [{"if": "vehicle_make", "eq": "Kia", "human": true, "urgency_min": "HIGH"}],
            }},
        }));
        assert_eq!(own.check(&catalog), Ok(()));
        let customer = |case: Case| Case { party: Some("customer".into()), ..case };
        assert_eq!(says(&own, customer(make("Kia"))), "plan.human");
        assert_eq!(says(&own, customer(make("Audi"))), "plan.customer");
        assert_eq!(says(&own, make("Kia")), "permission.party");
        let assisted = read(json!({"version": 2, "autonomy": "assisted"}));
        assert_eq!(says(&assisted, make("Honda")), "plan.customer+human");
    }

    #[test]
    fn rules_that_nothing_can_follow_from_do_not_load() {
        let catalog = catalog();
        let with = |tool: &str, rule: Value| read(json!({"version": 2, "tool": {tool: rule}}));
        for escalate in [
            json!([{"if": "vehicle_make", "human": true}]),
            json!([{"if": "parsing_confidence_below", "value": 2, "human": true}]),
            json!([{"if": "dealer_flagged"}]),
        ] {
            let wrong = with("create_job_draft", json!({"escalate": escalate}));
            assert_eq!(wrong.check(&catalog), Err(PolicyError::Escalation("create_job_draft".into())), "{escalate}");
        }
        let elsewhere = with("search_tickets", json!({"escalate": []}));
        assert_eq!(elsewhere.check(&catalog), Err(PolicyError::Escalation("search_tickets".into())));
        let nobody = with("find_job", json!({"party": ["vendor"]}));
        assert_eq!(nobody.check(&catalog), Err(PolicyError::Party("find_job".into())));
        let misspelt = json!({"version": 2, "tool": {"create_job_draft": {"escalate": [{"if": "vehicle_mark"}]}}});
        assert!(serde_json::from_value::<Policy>(misspelt).is_err());
    }
}

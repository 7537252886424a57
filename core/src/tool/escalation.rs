//! What makes a job that an assistant drafts a person's to look at, as data of the policy: the make of the vehicle, the
//! dealership, how sure the assistant was of what it read. The predicates are a closed set: a word that nothing knows
//! does not load. Source: tool gateway reference, policy as data; domain, extraction.

use serde::{Deserialize, Serialize};

use crate::catalog::vin_check;
use crate::ticket::ranking::{AUDI_RULE, ESCALATED, is_make};
use crate::ticket::words::Urgency;

/// Why a person has to look at what was read with doubt.
pub const LOW_CONFIDENCE: &str = "LOW_CONFIDENCE";
/// Why a person has to look at a vehicle number that cannot be right.
pub const VIN_CHECK: &str = "VIN_CHECK";

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Predicate {
    /// The vehicle is of a make: `eq`.
    VehicleMake,
    /// The dealership's site is flagged for audit.
    DealerFlagged,
    /// The assistant was less sure of what it read than `value`, from 0 to 1.
    ParsingConfidenceBelow,
    /// The check digit of a North American vehicle number does not fit.
    VinCheckFails,
}

/// One rule: when it holds, this follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Escalation {
    /// When.
    #[serde(rename = "if")]
    pub when: Predicate,
    /// Which make.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eq: Option<String>,
    /// Below which confidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// A person has to agree to the draft, and to look at the ticket before it is sent out.
    #[serde(default)]
    pub human: bool,
    /// Least urgency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgency_min: Option<Urgency>,
}

/// What the rules look at.
#[derive(Clone, Copy, Debug)]
pub struct JobFacts<'a> {
    /// Make of the vehicle.
    pub make: &'a str,
    /// Its number, if it is known.
    pub vin: Option<&'a str>,
    /// Whether the dealership's site is flagged for audit.
    pub dealer_flagged: bool,
    /// How sure the assistant was of what it read; `None`: it said nothing of doubts.
    pub parsing_confidence: Option<f64>,
}

/// The rules that hold where the policy says nothing else.
pub fn shipped() -> Vec<Escalation> {
    let rule = |when, eq: Option<&str>, value| Escalation {
        when,
        eq: eq.map(str::to_owned),
        value,
        human: true,
        urgency_min: Some(Urgency::High),
    };
    vec![
        rule(Predicate::VehicleMake, Some(ESCALATED), None),
        rule(Predicate::DealerFlagged, None, None),
        rule(Predicate::ParsingConfidenceBelow, None, Some(0.8)),
        rule(Predicate::VinCheckFails, None, None),
    ]
}

impl Escalation {
    /// Whether it has what its predicate needs, and nothing that it does not look at.
    pub fn is_whole(&self) -> bool {
        let makes = self.eq.as_ref().is_some_and(|make| !make.trim().is_empty());
        let sure = self.value.is_some_and(|value| (0.0..=1.0).contains(&value));
        let operands = match self.when {
            Predicate::VehicleMake => makes && self.value.is_none(),
            Predicate::ParsingConfidenceBelow => sure && self.eq.is_none(),
            Predicate::DealerFlagged | Predicate::VinCheckFails => self.eq.is_none() && self.value.is_none(),
        };
        operands && (self.human || self.urgency_min.is_some())
    }

    /// Whether it holds.
    pub fn holds(&self, facts: &JobFacts<'_>) -> bool {
        match self.when {
            Predicate::VehicleMake => self.eq.as_ref().is_some_and(|make| is_make(facts.make, make)),
            Predicate::DealerFlagged => facts.dealer_flagged,
            Predicate::ParsingConfidenceBelow => {
                self.value.is_some_and(|least| facts.parsing_confidence.is_some_and(|sure| sure < least))
            }
            Predicate::VinCheckFails => facts.vin.and_then(vin_check) == Some(false),
        }
    }

    /// What stands on the ticket beside the rules that rank it.
    pub fn name(&self) -> String {
        match (self.when, &self.eq) {
            (Predicate::VehicleMake, Some(make)) => format!("{make} Escalation"),
            (Predicate::VehicleMake, None) => "Vehicle Make Escalation".into(),
            (Predicate::DealerFlagged, _) => "Flagged Dealer Escalation".into(),
            (Predicate::ParsingConfidenceBelow, _) => "Low Confidence Escalation".into(),
            (Predicate::VinCheckFails, _) => "Vehicle Number Escalation".into(),
        }
    }

    /// Why a person has to look at the ticket.
    pub fn reason(&self) -> Option<&'static str> {
        if !self.human {
            return None;
        }
        Some(match self.when {
            Predicate::VehicleMake if self.eq.as_deref().is_some_and(|make| is_make(make, ESCALATED)) => AUDI_RULE,
            Predicate::VehicleMake => "VEHICLE_MAKE",
            Predicate::DealerFlagged => crate::ticket::create::AUDIT_FLAG,
            Predicate::ParsingConfidenceBelow => LOW_CONFIDENCE,
            Predicate::VinCheckFails => VIN_CHECK,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: JobFacts<'_> = JobFacts { make: "Honda", vin: None, dealer_flagged: false, parsing_confidence: None };

    fn names(facts: &JobFacts<'_>) -> Vec<String> {
        shipped().iter().filter(|rule| rule.holds(facts)).map(Escalation::name).collect()
    }

    #[test]
    fn what_is_shipped_flags_the_make_the_dealer_and_doubt() {
        assert_eq!(names(&PLAIN), Vec::<String>::new());
        assert_eq!(names(&JobFacts { make: "audi", ..PLAIN }), ["Audi Escalation"]);
        assert_eq!(names(&JobFacts { dealer_flagged: true, ..PLAIN }), ["Flagged Dealer Escalation"]);
        assert_eq!(names(&JobFacts { parsing_confidence: Some(0.79), ..PLAIN }), ["Low Confidence Escalation"]);
        assert_eq!(names(&JobFacts { parsing_confidence: Some(0.8), ..PLAIN }), Vec::<String>::new());
        let (right, wrong) = ("1HGCM82633A004352", "1HGCM82633A004353");
        assert_eq!(names(&JobFacts { vin: Some(right), ..PLAIN }), Vec::<String>::new());
        assert_eq!(names(&JobFacts { vin: Some(wrong), ..PLAIN }), ["Vehicle Number Escalation"]);
        assert!(shipped().iter().all(|rule| rule.is_whole() && rule.human));
    }

    #[test]
    fn a_rule_without_what_it_compares_with_is_none() {
        let rule = |when| Escalation { when, eq: None, value: None, human: true, urgency_min: None };
        assert!(!rule(Predicate::VehicleMake).is_whole());
        assert!(!rule(Predicate::ParsingConfidenceBelow).is_whole());
        assert!(rule(Predicate::DealerFlagged).is_whole());
        assert!(!Escalation { value: Some(1.5), ..rule(Predicate::ParsingConfidenceBelow) }.is_whole());
        assert!(!Escalation { human: false, ..rule(Predicate::DealerFlagged) }.is_whole(), "nothing would follow");
    }
}

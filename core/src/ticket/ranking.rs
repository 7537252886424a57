//! Ranking: how urgent a ticket is and where it stands in a list, from what was asked, the make of the vehicle and the
//! rules that people keep. The same inputs always rank the same. Source: domain, ranking.

use crate::ids::{RankingRuleId, ServiceId, SiteId};
use crate::ticket::record::Ticket;
use crate::ticket::words::Urgency;

/// Why a person has to look at work on a make that is escalated.
pub const AUDI_RULE: &str = "AUDI_RULE";
/// Makes whose tickets stand a little higher.
const PREMIUM: &[&str] = &["Audi", "BMW", "Mercedes-Benz", "Porsche", "Lexus"];
/// The make that always wants a person's look.
pub const ESCALATED: &str = "Audi";
/// What a make of [`PREMIUM`] adds.
const PREMIUM_SCORE: i64 = 8;

/// A rule that people keep: it applies when everything it names fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: RankingRuleId,
    /// What it is for; stands on the tickets it applied to.
    pub description: String,
    /// Only at this site.
    pub site_id: Option<SiteId>,
    /// Only with this service.
    pub service_id: Option<ServiceId>,
    /// Only for this make.
    pub vehicle_make: Option<String>,
    /// Only for requests of this urgency.
    pub urgency_match: Option<Urgency>,
    /// Raises the urgency to this.
    pub target_urgency: Urgency,
    /// Adds this to the score.
    pub ranking_score: i64,
}

/// What is ranked.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// How urgent the requester finds it.
    pub urgency: Urgency,
    /// The make of the vehicle, if it is about one.
    pub make: Option<&'a str>,
    /// Where.
    pub site: SiteId,
    /// Which services.
    pub services: &'a [ServiceId],
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranking {
    /// How urgent it is; never less than was asked.
    pub urgency: Urgency,
    /// What lists are sorted by.
    pub score: i64,
    /// What applied, in order.
    pub applied: Vec<String>,
    /// Why a person has to look.
    pub reasons: Vec<String>,
    /// Which of the rules that people keep applied, in order.
    pub rules: Vec<RankingRuleId>,
}

/// Ranks a ticket by the rules that count, in their order.
pub fn rank(subject: &Subject<'_>, rules: &[Rule]) -> Ranking {
    let (score, applied) = subject.urgency.rank();
    let mut ranking = Ranking { urgency: subject.urgency, score, applied, reasons: Vec::new(), rules: Vec::new() };
    if let Some(make) = subject.make {
        if let Some(known) = PREMIUM.iter().find(|known| is_make(make, known)) {
            ranking.score += PREMIUM_SCORE;
            ranking.applied.push(format!("Premium Vehicle ({known})"));
        }
        if is_make(make, ESCALATED) {
            ranking.escalate("Audi Escalation", Some(Urgency::High), Some(AUDI_RULE));
        }
    }
    for rule in rules.iter().filter(|rule| rule.fits(subject)) {
        ranking.score += rule.ranking_score;
        ranking.urgency = ranking.urgency.max(rule.target_urgency);
        ranking.applied.push(rule.description.clone());
        ranking.rules.push(rule.id);
    }
    ranking
}

/// The makes that rank or escalate by themselves.
pub fn known_makes() -> impl Iterator<Item = &'static str> {
    PREMIUM.iter().copied()
}

/// Whether what somebody wrote as a make is this one: in any case, with words beside it ("AUDI", "VW / Audi").
pub fn is_make(written: &str, make: &str) -> bool {
    let fold = |text: &str| -> Vec<String> {
        text.split(|sign: char| !sign.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect()
    };
    let (written, make) = (fold(written), fold(make));
    !make.is_empty() && written.windows(make.len()).any(|words| words == make)
}

impl Rule {
    fn fits(&self, subject: &Subject<'_>) -> bool {
        self.site_id.is_none_or(|site| site == subject.site)
            && self.service_id.is_none_or(|service| subject.services.contains(&service))
            && self.vehicle_make.as_deref().is_none_or(|make| subject.make.is_some_and(|given| is_make(given, make)))
            && self.urgency_match.is_none_or(|urgency| urgency == subject.urgency)
    }
}

impl Ranking {
    /// Raises the urgency, and says why a person has to look. Nothing is lowered, and nothing is said twice.
    pub fn escalate(&mut self, name: &str, least: Option<Urgency>, reason: Option<&str>) {
        self.urgency = least.map_or(self.urgency, |least| self.urgency.max(least));
        if !self.applied.iter().any(|applied| applied == name) {
            self.applied.push(name.to_owned());
        }
        if let Some(reason) = reason
            && !self.reasons.iter().any(|given| given == reason)
        {
            self.reasons.push(reason.to_owned());
        }
    }

    /// Puts it on a ticket. The priority is triage's; a look that was taken for a reason is not asked for again.
    pub fn apply(&self, ticket: &mut Ticket) {
        ticket.urgency = self.urgency;
        ticket.ranking_score = self.score;
        ticket.applied_rules.clone_from(&self.applied);
        for reason in &self.reasons {
            if !ticket.review_reasons.contains(reason) {
                ticket.review_reasons.push(reason.clone());
                ticket.review_required = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::create::tests::ticket_in;
    use crate::ticket::state::TicketState;

    fn rule(service: ServiceId) -> Rule {
        Rule {
            id: RankingRuleId::new(),
            description: "Engine repair".into(),
            site_id: None,
            service_id: Some(service),
            vehicle_make: None,
            urgency_match: None,
            target_urgency: Urgency::Critical,
            ranking_score: 15,
        }
    }

    #[test]
    fn an_audi_with_an_engine_repair_ranks_as_in_the_worked_example() {
        let engine = ServiceId::new();
        let subject =
            Subject { urgency: Urgency::Medium, make: Some("audi"), site: SiteId::new(), services: &[engine] };
        let rule = rule(engine);
        let ranking = rank(&subject, std::slice::from_ref(&rule));
        assert_eq!((ranking.score, ranking.urgency), (28, Urgency::Critical));
        assert_eq!(ranking.rules, [rule.id]);
        assert_eq!(ranking.applied, ["Premium Vehicle (Audi)", "Audi Escalation", "Engine repair"]);
        assert_eq!(ranking.reasons, [AUDI_RULE]);
    }

    #[test]
    fn a_rule_applies_only_when_everything_it_names_fits() {
        let (site, service) = (SiteId::new(), ServiceId::new());
        let subject = Subject { urgency: Urgency::Medium, make: Some("Honda"), site, services: &[service] };
        let plain = rank(&subject, &[]);
        assert_eq!((plain.score, plain.urgency, plain.applied.len()), (5, Urgency::Medium, 0));
        let fits = Rule { site_id: Some(site), vehicle_make: Some("HONDA".into()), ..rule(service) };
        assert_eq!(rank(&subject, std::slice::from_ref(&fits)).score, 20);
        for other in [
            Rule { site_id: Some(SiteId::new()), ..fits.clone() },
            Rule { service_id: Some(ServiceId::new()), ..fits.clone() },
            Rule { vehicle_make: Some("Kia".into()), ..fits.clone() },
            Rule { urgency_match: Some(Urgency::Low), ..fits },
        ] {
            assert_eq!(rank(&subject, &[other]), plain);
        }
    }

    #[test]
    fn urgency_is_never_lowered() {
        let service = ServiceId::new();
        let subject = Subject { urgency: Urgency::Critical, make: None, site: SiteId::new(), services: &[service] };
        let low = Rule { target_urgency: Urgency::Low, ranking_score: -10, ..rule(service) };
        let ranking = rank(&subject, &[low]);
        assert_eq!((ranking.urgency, ranking.score), (Urgency::Critical, 20));
    }

    #[test]
    fn makes_are_told_by_their_words() {
        for written in ["Audi", " AUDI ", "VW / Audi", "audi-sport"] {
            assert!(is_make(written, ESCALATED), "{written}");
        }
        for written in ["Saudi", "Aud", "", "Hyundai"] {
            assert!(!is_make(written, ESCALATED), "{written}");
        }
        assert!(is_make("mercedes benz", "Mercedes-Benz") && !is_make("Mercedes", "Mercedes-Benz"));
    }

    #[test]
    fn a_look_that_was_taken_is_not_asked_for_again() {
        let mut ticket = ticket_in(TicketState::New);
        let subject = Subject { urgency: Urgency::Low, make: Some("Audi"), site: ticket.site_id, services: &[] };
        let ranking = rank(&subject, &[]);
        ranking.apply(&mut ticket);
        assert!(ticket.review_required);
        ticket.review_required = false;
        ranking.apply(&mut ticket);
        assert!(!ticket.review_required);
        assert_eq!(ticket.review_reasons, [AUDI_RULE]);
    }
}

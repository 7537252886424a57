use super::*;
use crate::channel::Channel;
use crate::ids::RoutingRuleId;
use crate::triage::Language;

fn rule(order: i64, stop: bool, when: Conditions, then: Consequences) -> RoutingRule {
    RoutingRule { rule: RuleRef { id: RoutingRuleId::new(), version: 3 }, order, stop, when, then }
}

fn facts(text: &str) -> RoutingFacts<'_> {
    RoutingFacts {
        channel: Channel::Sms,
        menu_choice: None,
        text,
        intent: None,
        language: Language::En,
        tags: &[],
        site_zones: &[],
        account_profile: None,
        in_business_hours: true,
        is_new_contact: true,
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn to(team: TeamId) -> Consequences {
    Consequences { team: Some(team), ..Consequences::default() }
}

#[test]
fn the_first_rule_that_stops_ends_it() {
    let (billing, support) = (TeamId::new(), TeamId::new());
    let tags = Consequences { tags: words(&["money"]), priority: Some(Priority::High), ..Consequences::default() };
    let keywords = |list: &[&str]| Conditions { keywords_any: words(list), ..Conditions::default() };
    let set = RuleSet::compile(vec![
        rule(30, true, Conditions::default(), to(support)),
        rule(20, true, keywords(&["Factura", "invoice"]), to(billing)),
        rule(10, false, keywords(&["factura"]), tags),
    ]);
    let plan = set.plan(&facts("mi factura no llega"));
    assert_eq!((plan.team, plan.priority, plan.tags), (Some(billing), Some(Priority::High), words(&["money"])));
    assert_eq!(plan.applied.len(), 2);
    assert_eq!(plan.rule, Some(plan.applied[1]));
    let other = set.plan(&facts("the door"));
    assert_eq!((other.team, other.applied.len()), (Some(support), 1));
    assert_eq!(set.plan_by_text(&facts("the door")), Plan::default());
}

#[test]
fn everything_given_must_hold_and_of_a_list_any() {
    let team = TeamId::new();
    let when = Conditions {
        channel: vec![Channel::Sms, Channel::Whatsapp],
        menu_choice: words(&["2"]),
        language: vec![Language::Es],
        customer_tags_any: words(&["vip"]),
        in_business_hours: Some(false),
        ..Conditions::default()
    };
    let set = RuleSet::compile(vec![rule(1, true, when, to(team))]);
    let tags = words(&["new", "vip"]);
    let fits = RoutingFacts {
        menu_choice: Some(MenuChoice::Support),
        language: Language::Es,
        tags: &tags,
        in_business_hours: false,
        ..facts("hola")
    };
    assert_eq!(set.plan(&fits).team, Some(team));
    assert_eq!(set.plan(&RoutingFacts { channel: Channel::Email, ..fits.clone() }).team, None);
    assert_eq!(set.plan(&RoutingFacts { menu_choice: None, ..fits.clone() }).team, None);
    assert_eq!(set.plan(&RoutingFacts { tags: &[], ..fits.clone() }).team, None);
    assert_eq!(set.plan(&RoutingFacts { in_business_hours: true, ..fits }).team, None);
}

#[test]
fn intents_need_their_confidence_and_patterns_match_the_normalized_text() {
    let (one, other) = (TeamId::new(), TeamId::new());
    let intent =
        Conditions { intent: words(&["maintenance"]), intent_confidence_gte: Some(0.7), ..Conditions::default() };
    let pattern = Conditions { regex: Some("^acceso .* puerta$".into()), ..Conditions::default() };
    let set = RuleSet::compile(vec![rule(1, true, intent, to(one)), rule(2, true, pattern, to(other))]);
    let text = normalized("ACCESO a la Puerta");
    assert_eq!(set.plan(&RoutingFacts { intent: Some(("maintenance", 0.8)), ..facts(&text) }).team, Some(one));
    assert_eq!(set.plan(&RoutingFacts { intent: Some(("maintenance", 0.6)), ..facts(&text) }).team, Some(other));
}

#[test]
fn a_rule_that_cannot_work_is_refused_with_its_field() {
    let team = to(TeamId::new());
    let path = |when: Conditions| check(&when, &team).unwrap_err().path;
    assert_eq!(path(Conditions { regex: Some("(".into()), ..Conditions::default() }), "when.regex");
    assert_eq!(path(Conditions { regex: Some("a".repeat(201)), ..Conditions::default() }), "when.regex");
    assert_eq!(path(Conditions { menu_choice: words(&["1", "9"]), ..Conditions::default() }), "when.menu_choice[1]");
    assert_eq!(
        path(Conditions { intent_confidence_gte: Some(1.5), ..Conditions::default() }),
        "when.intent_confidence_gte"
    );
    assert_eq!(path(Conditions { keywords_any: words(&["?!"]), ..Conditions::default() }), "when.keywords_any[0]");
    assert_eq!(check(&Conditions::default(), &Consequences::default()).unwrap_err().path, "then");
}

#[test]
fn a_thousand_rules_are_one_walk_over_the_text() {
    let team = TeamId::new();
    let rules = (0..1_000)
        .map(|number| {
            let when = Conditions {
                keywords_any: words(&[&format!("word{number}")]),
                regex: (number % 2 == 0).then(|| format!("word{number}( |$)")),
                ..Conditions::default()
            };
            rule(number, true, when, to(team))
        })
        .collect();
    let set = RuleSet::compile(rules);
    let refs = set.refs();
    assert_eq!(set.plan(&facts("it is word998 again")).rule, Some(refs[998]));
    assert_eq!(set.plan(&facts("it is word1998 again")).rule, None);
}

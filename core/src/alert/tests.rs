use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::event::EventName;
use crate::ids::{ConversationId, TeamId};
use crate::role::Role;
use crate::tool::question::Language;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(second)
}

fn ladder(waits: &[i64], repeat: u32) -> Ladder {
    let step = |wait_s: &i64| Step {
        notify: vec![Target::Role(Role::Supervisor)],
        channels: vec![NotifyChannel::Console],
        slack_url: None,
        sms_inbox: None,
        wait_s: *wait_s,
    };
    Ladder { steps: waits.iter().map(step).collect(), repeat }
}

/// The step that is due, and when to look again.
fn ring(life: &mut AlertLife, ladder: &Ladder, second: i64) -> (Option<usize>, Option<DateTime<Utc>>) {
    let ring = life.ring(ladder, at(second));
    (ring.step, ring.next)
}

#[test]
fn steps_come_when_the_wait_before_them_is_over() {
    let ladder = ladder(&[300, 600], 1);
    let mut life = AlertLife::begin(&ladder, at(0));
    assert_eq!(ring(&mut life, &ladder, 0), (Some(0), Some(at(300))));
    assert_eq!(ring(&mut life, &ladder, 299), (None, Some(at(300))));
    // A little late is not a reason to drift.
    assert_eq!(ring(&mut life, &ladder, 302), (Some(1), Some(at(900))));
    assert_eq!((life.run, life.step), (2, 0));
    assert_eq!(life.ring(&ladder, at(900)).step, Some(0));
    assert_eq!(ring(&mut life, &ladder, 1_200), (Some(1), None));
    assert_eq!(life.ring(&ladder, at(9_999)).step, None);
}

#[test]
fn after_a_pause_of_ours_everybody_still_has_their_time() {
    let ladder = ladder(&[300, 600], 0);
    let mut life = AlertLife::begin(&ladder, at(0));
    assert_eq!(ring(&mut life, &ladder, 5_000), (Some(0), Some(at(5_300))));
}

#[test]
fn a_snooze_ends_by_beginning_anew_and_worse_news_end_it_at_once() {
    let ladder = ladder(&[300], 0);
    let mut life = AlertLife::begin(&ladder, at(0));
    life.ring(&ladder, at(0));
    life.on(Trigger::Snooze(at(1_000)), &ladder, at(10)).unwrap();
    assert_eq!(ring(&mut life, &ladder, 999), (None, Some(at(1_000))));
    assert_eq!(life.ring(&ladder, at(1_000)).step, Some(0));
    life.on(Trigger::Snooze(at(9_000)), &ladder, at(1_001)).unwrap();
    life.on(Trigger::Worsen, &ladder, at(1_002)).unwrap();
    assert_eq!((life.state, life.next_at()), (AlertState::Open, Some(at(1_002))));
    life.on(Trigger::Resolve, &ladder, at(1_003)).unwrap();
    assert_eq!(life.on(Trigger::Acknowledge, &ladder, at(1_004)), Err(NotFromHere(AlertState::Resolved)));
}

fn signal(code: &str) -> Signal {
    Signal {
        event: Some(EventName::AlertRaised),
        code: code.into(),
        severity: None,
        conversation_id: None,
        ticket_id: None,
        team_id: None,
        inbox_id: None,
        priority: None,
        at: at(0),
    }
}

#[test]
fn a_rule_applies_when_all_that_it_names_holds() {
    let team = TeamId::new();
    let rule = AlertConditions { codes: vec!["SLA_*".into()], teams: vec![team], ..AlertConditions::default() };
    assert!(!rule.fits(&signal("SLA_BREACH")));
    assert!(rule.fits(&Signal { team_id: Some(team), ..signal("SLA_BREACH") }));
    assert!(!rule.fits(&Signal { team_id: Some(team), ..signal("EMERGENCY") }));
    assert!(AlertConditions::default().fits(&signal("ANYTHING")));
    let escalated = AlertConditions { events: vec![EventName::TicketEscalated], ..AlertConditions::default() };
    assert!(!escalated.fits(&signal("TICKET_ESCALATED")));
    assert_ne!(
        group_key("r", &[GroupField::Code, GroupField::Conversation], &signal("A")),
        group_key(
            "r",
            &[GroupField::Code, GroupField::Conversation],
            &Signal { conversation_id: Some(ConversationId::new()), ..signal("A") }
        ),
    );
}

#[test]
fn a_rule_that_cannot_work_is_refused_with_its_field() {
    #[track_caller]
    fn check(rule: &AlertConditions, path: &str) {
        assert_eq!(rule.check(&["QUEUE_BACKLOG"]).unwrap_err().path, path);
    }
    let figure = AlertConditions { metric: Some("QUEUE_BACKLOG".into()), ..AlertConditions::default() };
    assert!(figure.check(&["QUEUE_BACKLOG"]).is_ok());
    check(&AlertConditions { metric: Some("WEATHER".into()), ..AlertConditions::default() }, "when.metric");
    check(&AlertConditions { codes: vec!["A".into()], ..figure.clone() }, "when.metric");
    check(&AlertConditions { at_least: Some(5), clear_at: Some(5), ..figure.clone() }, "when.clear_at");
    check(&AlertConditions { at_least: Some(0), ..figure.clone() }, "when.at_least");
    check(&AlertConditions { for_s: Some(-1), ..figure.clone() }, "when.for_s");
    check(&AlertConditions { for_s: Some(1), ..AlertConditions::default() }, "when.metric");
    check(&AlertConditions { codes: vec!["*".into()], ..AlertConditions::default() }, "when.codes");
}

#[test]
fn a_figure_fires_when_it_lasts_and_clears_when_it_is_well_below() {
    let (hold, bounds) = (TimeDelta::seconds(60), (20, 15));
    let (watch, found) = measure(Watch::default(), 25, bounds, hold, at(0));
    assert_eq!(found, Measured::Same);
    let (watch, found) = measure(watch, 20, bounds, hold, at(60));
    assert_eq!(found, Measured::Fires);
    // Between the two bounds nothing changes: no flapping.
    let (watch, found) = measure(watch, 16, bounds, hold, at(61));
    assert_eq!(found, Measured::Same);
    let (watch, found) = measure(watch, 15, bounds, hold, at(62));
    assert_eq!((watch, found), (Watch::default(), Measured::Clears));
    assert_eq!(measure(watch, 19, bounds, hold, at(63)), (Watch::default(), Measured::Same));
}

#[test]
fn texts_say_what_happened_and_how_to_answer() {
    let telling = Telling {
        code: "EMERGENCY",
        rule: "Emergencies",
        severity: Severity::Critical,
        count: 2,
        link: "https://hub.test/app/alerts/1",
        reply: Some("K7M2QP"),
    };
    assert_eq!(subject(Language::English, &telling), "[Critical] A customer reports an emergency [K7M2QP]");
    let french = text(Language::French, &telling);
    assert!(french.starts_with("Critique: Un client signale une urgence (2 fois)\n"), "{french}");
    assert!(french.contains("ACK K7M2QP"));
    let unknown = subject(Language::English, &Telling { code: "CONVERSATION_NEW", reply: None, ..telling });
    assert_eq!(unknown, "[Critical] Conversation new");
    let alone = text(Language::English, &Telling { reply: None, ..telling });
    let (subject, all) = digest(Language::English, &[alone.clone(), alone]);
    assert_eq!(subject, "Alerts: 2");
    assert_eq!(all.matches("emergency").count(), 2);
}

#[test]
fn an_answer_acknowledges_by_its_code_or_a_single_word() {
    let code = reply_code(0x3FF_FFFF);
    assert_eq!(code.len(), 6);
    for (answer, by_phone, by_mail) in [
        ("ack", true, false),
        ("OK", true, false),
        ("Ack K7M2QP", true, true),
        ("k7m2qp", true, true),
        ("ok, but what about the bill?", false, false),
        ("ack\n\n> [Critical] A deadline was missed [K7M2QP]", true, true),
        ("I am away\n> Reply ACK K7M2QP", false, false),
        ("", false, false),
    ] {
        assert_eq!(is_acknowledgement(answer, "K7M2QP", Proof::Sender), by_phone, "{answer}");
        assert_eq!(is_acknowledgement(answer, "K7M2QP", Proof::Code), by_mail, "{answer}");
    }
}

#[derive(Clone, Copy, Debug)]
enum Move {
    Wait(i64),
    Ring,
    On(u8),
}

fn any_move() -> impl Strategy<Value = Move> {
    prop_oneof![(0..2_000_i64).prop_map(Move::Wait), Just(Move::Ring), Just(Move::Ring), (0..12_u8).prop_map(Move::On)]
}

proptest! {
    #[test]
    fn only_an_open_alert_tells_and_its_steps_come_in_order(
        waits in proptest::collection::vec(0..1_000_i64, 0..5),
        repeat in 0..3_u32,
        moves in proptest::collection::vec(any_move(), 0..60),
    ) {
        let ladder = ladder(&waits, repeat);
        let mut now = at(0);
        let mut life = AlertLife::begin(&ladder, now);
        let mut last: Option<(i64, usize)> = None;
        let mut told = 0_usize;
        for step in moves {
            match step {
                Move::Wait(seconds) => now += TimeDelta::seconds(seconds),
                Move::Ring => {
                    let before = life.clone();
                    let ring = life.ring(&ladder, now);
                    prop_assert_eq!(ring.next, life.next_at());
                    if let Some(taken) = ring.step {
                        told += 1;
                        prop_assert!(matches!(before.state, AlertState::Open | AlertState::Snoozed));
                        let run = ring.run;
                        if let Some((known, place)) = last {
                            prop_assert!(run > known || (run == known && taken == place + 1));
                        }
                        if last.is_none_or(|(known, _)| run > known) {
                            prop_assert_eq!(taken, 0);
                        }
                        last = Some((run, taken));
                    } else if before.state == AlertState::Open {
                        prop_assert_eq!(before.next_step_at.filter(|due| *due <= now), None);
                    }
                }
                Move::On(which) => {
                    let trigger = match which {
                        0 | 1 => Trigger::Acknowledge,
                        2..=4 => Trigger::Snooze(now + TimeDelta::seconds(500)),
                        5..=7 => Trigger::Worsen,
                        8 => Trigger::Resolve,
                        _ => continue,
                    };
                    let was = life.state;
                    let done = life.on(trigger, &ladder, now);
                    prop_assert_eq!(done.is_err(), was == AlertState::Resolved && trigger != Trigger::Resolve);
                    if was == AlertState::Resolved {
                        prop_assert_eq!(life.state, AlertState::Resolved);
                    }
                    if matches!(life.state, AlertState::Acknowledged | AlertState::Resolved) {
                        prop_assert_eq!(life.next_at(), None);
                    }
                }
            }
        }
        // Nothing rings for ever: what is left of the ladder comes to an end when nobody touches the alert.
        let bound = (ladder.steps.len() + 1) * (repeat as usize + 2);
        for _ in 0..bound {
            let Some(next) = life.next_at() else { break };
            now = now.max(next);
            life.ring(&ladder, now);
        }
        prop_assert_eq!(life.next_at(), None);
        prop_assert!(told == 0 || !ladder.steps.is_empty());
    }
}

//! What the rules know about a technician and about the job, and whether the two fit.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::distance::{self, OtherJob, Place};
use crate::hours::{self, Shift};
use crate::ids::{TechnicianId, TicketId, ZoneId};
use crate::technician::{ANY_SKILL, Availability};
use crate::ticket::state::TicketState;
use crate::vocabulary;

/// A stretch of time; the end comes after the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// From.
    pub start: DateTime<Utc>,
    /// Until.
    pub end: DateTime<Utc>,
}

impl Span {
    /// Whether the two have a moment in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// A ticket that is given to a technician and not done yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ActiveJob {
    /// The ticket.
    pub ticket: TicketId,
    /// Where it stands.
    pub state: TicketState,
    /// Where it goes on when it is not held any more.
    pub held_from: Option<TicketState>,
    /// Where it is.
    pub place: Place,
    /// When it is to be done.
    pub window: Option<Span>,
}

impl ActiveJob {
    /// Whether it counts as load. Source: domain, recommendation.
    pub fn is_load(&self) -> bool {
        use TicketState as S;
        matches!(self.state, S::Dispatched | S::OnSite | S::InProgress | S::OnHold | S::ApprovalRequired)
    }

    /// Whether the technician is in work on it. Source: domain, the 20 km rule.
    pub fn is_in_work(&self) -> bool {
        match self.state {
            // An approval of an assigned ticket was asked for during the work.
            TicketState::OnSite | TicketState::InProgress | TicketState::ApprovalRequired => true,
            TicketState::OnHold => self.held_from != Some(TicketState::Dispatched),
            _ => false,
        }
    }

    /// The jobs of these that the technician is in work on.
    pub fn in_work(jobs: &[Self]) -> Vec<OtherJob> {
        let working = jobs.iter().filter(|job| job.is_in_work());
        working.map(|job| OtherJob { ticket: job.ticket, place: job.place }).collect()
    }
}

/// What a job asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Skills it needs; any of a technician's skills must be one of them for each, whatever the case of letters.
    pub skills: Vec<String>,
    /// Where it is.
    pub place: Place,
    /// Time zone of the place.
    pub timezone: String,
    /// The one technician that the site accepts.
    pub exclusive: Option<TechnicianId>,
}

/// A technician who may get the job.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Who.
    pub id: TechnicianId,
    /// Name to show.
    pub name: String,
    /// Whether the technician works here.
    pub is_active: bool,
    /// Whether the technician can be sent.
    pub availability: Availability,
    /// Who goes first among equals; lower comes first.
    pub priority_rank: i64,
    /// How many jobs at once.
    pub max_active_jobs: i64,
    /// What the technician can do.
    pub skills: BTreeSet<String>,
    /// Where the technician works, home included.
    pub zones: BTreeSet<ZoneId>,
    /// When the technician works; always when empty.
    pub hours: Vec<Shift>,
    /// When the technician is away.
    pub time_off: Vec<Span>,
    /// What the technician has to do already, this ticket left out.
    pub jobs: Vec<ActiveJob>,
    /// Whether the technician declined this ticket before.
    pub declined: bool,
}

vocabulary! {
    /// Why a technician does not fit.
    pub enum Unfit {
        /// The site accepts somebody else only.
        NotExclusive => "not_exclusive",
        /// Does not work here any more.
        Inactive => "inactive",
        /// Offline or on leave.
        Unavailable => "unavailable",
        /// Cannot do it.
        Skill => "skill",
        /// Does not work there.
        Zone => "zone",
        /// Does not work then.
        Hours => "hours",
        /// Is away then.
        TimeOff => "time_off",
        /// Has enough to do.
        Load => "load",
        /// Declined it before.
        Declined => "declined",
        /// Is in work too far away.
        TooFar => "too_far",
    }
}

impl Candidate {
    /// Whether the technician has every skill the job needs.
    pub fn has_skills(&self, job: &Job) -> bool {
        let has = |skill: &str| self.skills.iter().any(|own| own.eq_ignore_ascii_case(skill));
        has(ANY_SKILL) || job.skills.iter().all(|needed| has(needed))
    }

    /// Whether the technician works where the job is. A site without a zone is everybody's.
    pub fn covers_zone(&self, job: &Job) -> bool {
        job.place.zone.is_none_or(|zone| self.zones.contains(&zone))
    }

    /// How many jobs count as load.
    pub fn load(&self) -> i64 {
        i64::try_from(self.jobs.iter().filter(|job| job.is_load()).count()).unwrap_or(i64::MAX)
    }

    /// Whether the technician works during all of `window`, by the clock at the job's place.
    fn is_at_work(&self, job: &Job, window: &Span) -> bool {
        let local = |time| hours::local(time, &job.timezone);
        self.hours.is_empty() || hours::cover(&self.hours, local(window.start), local(window.end))
    }

    /// The first reason why the technician must not be recommended. Source: domain, recommendation, hard filters.
    pub fn unfit(&self, job: &Job, window: &Span) -> Option<Unfit> {
        let checks = [
            (Unfit::NotExclusive, job.exclusive.is_none_or(|only| only == self.id)),
            (Unfit::Inactive, self.is_active),
            (Unfit::Unavailable, self.availability.takes_work()),
            (Unfit::Skill, self.has_skills(job)),
            (Unfit::Zone, self.covers_zone(job)),
            (Unfit::Hours, self.is_at_work(job, window)),
            (Unfit::TimeOff, !self.time_off.iter().any(|away| away.overlaps(window))),
            (Unfit::Load, self.load() < self.max_active_jobs),
            (Unfit::Declined, !self.declined),
            (
                Unfit::TooFar,
                ActiveJob::in_work(&self.jobs).iter().all(|other| distance::near(&job.place, &other.place)),
            ),
        ];
        checks.into_iter().find(|(_, fits)| !fits).map(|(reason, _)| reason)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::ids::SiteId;

    /// An hour of January 2026; the 5th is a Monday.
    pub(in super::super) fn at(day: u32, hour: u32) -> DateTime<Utc> {
        format!("2026-01-{day:02}T{hour:02}:00:00Z").parse().unwrap()
    }

    pub(in super::super) fn shift(weekday: u8, start: &str, end: &str) -> Shift {
        Shift { weekday, start: start.parse().unwrap(), end: end.parse().unwrap(), enabled: true }
    }

    pub(in super::super) fn place(zone: Option<ZoneId>) -> Place {
        Place { site: SiteId::new(), zone, middle: None }
    }

    pub(in super::super) fn job() -> Job {
        let skills = vec!["HVAC".to_owned()];
        Job { skills, place: place(None), timezone: "UTC".into(), exclusive: None }
    }

    /// Somebody who fits every job.
    pub(in super::super) fn candidate() -> Candidate {
        Candidate {
            id: TechnicianId::new(),
            name: "Tess".into(),
            is_active: true,
            availability: Availability::Available,
            priority_rank: 100,
            max_active_jobs: 2,
            skills: [ANY_SKILL.to_owned()].into(),
            zones: [].into(),
            hours: Vec::new(),
            time_off: Vec::new(),
            jobs: Vec::new(),
            declined: false,
        }
    }

    pub(in super::super) fn active(state: TicketState, place: Place) -> ActiveJob {
        ActiveJob { ticket: TicketId::new(), state, held_from: None, place, window: None }
    }

    #[track_caller]
    fn check(candidate: &Candidate, job: &Job, expect: Option<Unfit>) {
        assert_eq!(candidate.unfit(job, &Span { start: at(5, 9), end: at(5, 11) }), expect);
    }

    #[test]
    fn every_filter_refuses_on_its_own() {
        let fits = candidate();
        check(&fits, &job(), None);
        let here = ZoneId::new();
        let zoned = Job { place: place(Some(here)), ..job() };
        check(&Candidate { is_active: false, ..fits.clone() }, &job(), Some(Unfit::Inactive));
        check(&Candidate { availability: Availability::OnLeave, ..fits.clone() }, &job(), Some(Unfit::Unavailable));
        check(&Candidate { availability: Availability::Busy, ..fits.clone() }, &job(), None);
        check(&Candidate { skills: ["hvac".to_owned()].into(), ..fits.clone() }, &job(), None);
        check(&Candidate { skills: ["doors".to_owned()].into(), ..fits.clone() }, &job(), Some(Unfit::Skill));
        check(&fits, &zoned, Some(Unfit::Zone));
        check(&Candidate { zones: [here].into(), ..fits.clone() }, &zoned, None);
        check(&Candidate { hours: vec![shift(0, "10:00", "17:00")], ..fits.clone() }, &job(), Some(Unfit::Hours));
        check(&Candidate { hours: vec![shift(0, "09:00", "11:00")], ..fits.clone() }, &job(), None);
        let away = Span { start: at(5, 10), end: at(6, 10) };
        check(&Candidate { time_off: vec![away], ..fits.clone() }, &job(), Some(Unfit::TimeOff));
        check(&Candidate { max_active_jobs: 0, ..fits.clone() }, &job(), Some(Unfit::Load));
        check(&Candidate { declined: true, ..fits.clone() }, &job(), Some(Unfit::Declined));
        let far = active(TicketState::InProgress, place(None));
        check(&Candidate { jobs: vec![far], ..fits.clone() }, &job(), Some(Unfit::TooFar));
        check(&fits, &Job { exclusive: Some(TechnicianId::new()), ..job() }, Some(Unfit::NotExclusive));
        check(&fits, &Job { exclusive: Some(fits.id), ..job() }, None);
    }

    #[test]
    fn work_that_has_not_begun_is_load_but_not_far() {
        let waiting = active(TicketState::Dispatched, place(None));
        assert!(waiting.is_load() && !waiting.is_in_work());
        let held = ActiveJob { state: TicketState::OnHold, held_from: Some(TicketState::Dispatched), ..waiting };
        assert!(held.is_load() && !held.is_in_work());
        let blocked = ActiveJob { held_from: Some(TicketState::InProgress), ..held };
        assert!(blocked.is_in_work());
        let asking = ActiveJob { state: TicketState::ApprovalRequired, ..waiting };
        assert!(asking.is_in_work() && asking.is_load());
        check(&Candidate { jobs: vec![waiting], ..candidate() }, &job(), None);
        check(&Candidate { jobs: vec![waiting, held], ..candidate() }, &job(), Some(Unfit::Load));
    }
}

//! What happens to a message once a provider took it: the way to the phone, and the callbacks along it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::channel::{Channel, Direction};

use crate::config::{Screen, SimulatorConfig, Strangers};
use crate::courier::{About, Callback, Key, Post};
use crate::faults::{Faults, Provider, take};
use crate::message::{DeliveryState, Sent};
use crate::world::{Entry, Shared, World};

/// One step of a message on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) after: Duration,
    pub(crate) state: DeliveryState,
    pub(crate) error_code: Option<u32>,
}

/// How a message ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It reaches the phone.
    Arrives,
    /// It fails with this code of the provider's.
    Fails(u32),
}

/// Whether the receiver can be reached, and whether a fault was set for this message.
pub(crate) fn fate(world: &mut World, config: &SimulatorConfig, provider: Provider, to: &str) -> Fate {
    let (unknown_error, unreachable, channel) = match provider {
        Provider::Meta => (131_000, 131_026, Channel::Whatsapp),
        Provider::Twilio => (30_008, 30_003, Channel::Sms),
    };
    let faults = world.faults.of_mut(provider);
    if take(&mut faults.fail_messages) {
        return Fate::Fails(if faults.fail_code == 0 { unknown_error } else { faults.fail_code });
    }
    let reachable = match world.phone(to) {
        Some(phone) => phone.channels.contains(&channel),
        None => config.strangers == Strangers::Reachable,
    };
    if reachable { Fate::Arrives } else { Fate::Fails(unreachable) }
}

/// The steps of one message, in the order their callbacks are sent.
pub(crate) fn steps(world: &mut World, config: &SimulatorConfig, message: &Sent, fate: Fate) -> Vec<Step> {
    let timing = config.timing;
    let delivered = timing.sent + timing.delivered;
    let step = |after, state, error_code| Step { after, state, error_code };
    let mut steps = match fate {
        // 30xxx means that the carrier refused what Twilio had sent; everything else never left.
        Fate::Fails(code @ 30_000..=30_999) => {
            vec![step(timing.sent, DeliveryState::Sent, None), step(delivered, DeliveryState::Failed, Some(code))]
        }
        Fate::Fails(code) => vec![step(timing.sent, DeliveryState::Failed, Some(code))],
        Fate::Arrives if message.kind == "reaction" => vec![step(timing.sent, DeliveryState::Sent, None)],
        Fate::Arrives => {
            let mut steps =
                vec![step(timing.sent, DeliveryState::Sent, None), step(delivered, DeliveryState::Delivered, None)];
            let looking = world.phone(&message.to).is_some_and(|phone| phone.screen == Screen::Open);
            if looking && message.provider == Provider::Meta {
                steps.push(step(delivered + timing.read, DeliveryState::Read, None));
            }
            steps
        }
    };
    if steps.len() > 1 && take(&mut world.faults.of_mut(message.provider).reorder_callbacks) {
        let times: Vec<Duration> = steps.iter().map(|step| step.after).collect();
        steps.reverse();
        steps.iter_mut().zip(times).for_each(|(step, after)| step.after = after);
    }
    steps
}

/// Notes an accepted message and plans its callbacks. `post` builds the one of a step, or `None` when nobody asked.
pub(crate) fn accept(
    shared: &Shared,
    message: &Sent,
    entry: Entry,
    fate: Fate,
    mut post: impl FnMut(Step, DateTime<Utc>, Key) -> Option<Post>,
) {
    let mut planned = Vec::new();
    {
        let mut world = shared.world();
        for step in steps(&mut world, &shared.config, message, fate) {
            let (copies, key) = callback_faults(world.faults.of_mut(message.provider));
            let at = shared.now() + TimeDelta::from_std(step.after).unwrap_or_default();
            planned.push((step, copies, post(step, at, key)));
        }
        *world.accepted.entry(message.provider).or_default() += 1;
        world.messages.insert(message.id.clone(), entry);
    }
    for (step, copies, post) in planned {
        let callback = Callback {
            lane: lane(&shared.config, message),
            message_id: message.id.clone(),
            about: About::Status(step.state, step.error_code),
            post,
            copies,
            attempts: 0,
        };
        shared.courier.plan(step.after, callback);
    }
    shared.touch();
}

/// What the faults do to the next callback: how many copies go out, and who signs them.
pub(crate) fn callback_faults(faults: &mut Faults) -> (u8, Key) {
    let copies = if take(&mut faults.drop_callbacks) {
        0
    } else if take(&mut faults.duplicate_callbacks) {
        2
    } else {
        1
    };
    let key = if copies > 0 && take(&mut faults.bad_signatures) { Key::Foreign } else { Key::Ours };
    (copies, key)
}

/// Callbacks about one customer keep their order; when Meta batches, those of one number travel together.
pub(crate) fn lane(config: &SimulatorConfig, message: &Sent) -> String {
    let batches = message.provider == Provider::Meta && config.timing.meta_batch > 1;
    let theirs = if batches { "" } else { message.to.as_str() };
    format!("{}|{}|{theirs}", message.provider, message.from)
}

/// The providers' record of a message of ours.
pub(crate) fn outbound(message: Sent, channel: Channel, owner: &str, reply_to: Option<String>) -> Entry {
    Entry { direction: Direction::Outbound, channel, message, reply_to, owner: owner.to_owned() }
}

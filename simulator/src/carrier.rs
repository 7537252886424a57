//! What happens to a message once a provider took it: the way to the phone, and the callbacks along it.

use std::time::Duration;

use chrono::TimeDelta;
use patchbay_core::channel::{Channel, Direction};
use patchbay_core::secret::Secret;

use crate::config::{Screen, SimulatorConfig, Strangers};
use crate::courier::{About, Callback, Key, Post};
use crate::faults::{Faults, Provider, take};
use crate::graph::post_status;
use crate::message::{DeliveryState, Sent};
use crate::payload::twilio_status_form;
use crate::world::{Entry, Shared, World};
use crate::{fetcher, twilio};

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
pub(crate) fn fate(
    world: &mut World,
    config: &SimulatorConfig,
    (provider, channel): (Provider, Channel),
    to: &str,
) -> Fate {
    let (unknown_error, unreachable) = match (provider, channel) {
        (Provider::Meta, _) => (131_000, 131_026),
        (Provider::Twilio, Channel::Whatsapp) => (63_010, 63_024),
        (Provider::Twilio, _) => (30_008, 30_003),
        (Provider::Mail, _) => (550, 550),
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
            if looking && message.channel == Channel::Whatsapp {
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

/// A message that was accepted and is to be sent on.
#[derive(Clone, Debug)]
pub(crate) struct Journey {
    pub(crate) message: Sent,
    pub(crate) fate: Fate,
    pub(crate) reports: Reports,
}

/// How the steps of a message are reported.
#[derive(Clone, Debug)]
pub(crate) enum Reports {
    /// To the webhook of the number with this id; `wa_id` is the receiver's.
    Meta { phone_number_id: String, wa_id: String },
    /// To the message's own `StatusCallback`, if it has one.
    Twilio { callback: Option<String>, account_sid: String, auth_token: Secret, group: String },
}

/// Notes an accepted message and sends it on; files it links to are fetched first.
pub(crate) fn accept(shared: &Shared, journey: Journey, entry: Entry) {
    {
        let mut world = shared.world();
        *world.accepted.entry(journey.message.provider).or_default() += 1;
        world.messages.insert(journey.message.id.clone(), entry);
    }
    shared.touch();
    let linked = journey.fate == Fate::Arrives && journey.message.media.iter().any(fetcher::is_link);
    let ready = if linked { shared.fetcher.take(journey) } else { Some(journey) };
    if let Some(journey) = ready {
        travel(shared, journey);
    }
}

/// Plans the steps of a message.
pub(crate) fn travel(shared: &Shared, journey: Journey) {
    let Journey { message, fate, reports } = journey;
    let planned: Vec<(Step, u8, Option<Post>)> = {
        let mut world = shared.world();
        let steps = steps(&mut world, &shared.config, &message, fate);
        let plan = steps.into_iter().map(|step| {
            let (copies, key) = callback_faults(world.faults.of_mut(message.provider));
            (step, copies, reports.post(shared, &message, step, key))
        });
        plan.collect()
    };
    for (step, copies, post) in planned {
        plan(shared, &message, step, copies, post);
    }
}

/// Plans one report, and the step it reports.
pub(crate) fn plan(shared: &Shared, message: &Sent, step: Step, copies: u8, post: Option<Post>) {
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

impl Reports {
    /// The webhook about one step; `None` when nobody asked.
    pub(crate) fn post(&self, shared: &Shared, message: &Sent, step: Step, key: Key) -> Option<Post> {
        match self {
            Self::Meta { phone_number_id, wa_id } => {
                let number = shared.config.whatsapp_by_id(phone_number_id)?;
                let at = shared.now() + TimeDelta::from_std(step.after).unwrap_or_default();
                Some(post_status(number, &message.id, wa_id, message.our_id.as_deref(), step, at, key))
            }
            Self::Twilio { callback, account_sid, auth_token, group } => {
                let (url, word) = (callback.clone()?, twilio::word(step.state, step.error_code));
                let (to, from) =
                    (twilio::prefixed(message.channel, &message.to), twilio::prefixed(message.channel, &message.from));
                let mut form = twilio_status_form(account_sid, &to, &from, &message.id, word, step.error_code);
                if message.channel == Channel::Whatsapp {
                    form.push(("ChannelPrefix".to_owned(), "whatsapp".to_owned()));
                }
                Some(Post::Twilio { url, auth_token: auth_token.clone(), form, group: group.clone(), key })
            }
        }
    }
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

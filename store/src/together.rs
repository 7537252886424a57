//! Work of many callers that is done as one, where a trip to a server costs more than what it carries: whoever comes
//! first does it for all who wait by then, and whoever comes meanwhile waits for the next round. A caller that is alone
//! waits for nobody.

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Where calls wait for each other. `S` is what rounds hand on to the next one.
#[derive(Debug)]
pub struct Together<I, O, S> {
    /// Most of one round.
    most: usize,
    waiting: Mutex<Vec<(I, oneshot::Sender<O>)>>,
    /// Held by whoever does a round.
    turn: tokio::sync::Mutex<S>,
}

/// Most of one round, where nobody says otherwise.
const MOST: usize = 128;

impl<I, O, S: Default> Default for Together<I, O, S> {
    fn default() -> Self {
        Self::new(MOST)
    }
}

impl<I, O, S: Default> Together<I, O, S> {
    /// Nobody waits yet. A round has `most` items at most.
    pub fn new(most: usize) -> Self {
        Self { most, waiting: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }
}

impl<I, O, S> Together<I, O, S> {
    /// Has `item` done with the next round.
    pub fn enter(&self, item: I) -> Wait<'_, I, O, S> {
        let (answer, answered) = oneshot::channel();
        self.lock().push((item, answer));
        Wait { together: self, answered }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(I, oneshot::Sender<O>)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who waits: until it is answered, or until the next round is its to do.
pub struct Wait<'a, I, O, S> {
    together: &'a Together<I, O, S>,
    answered: oneshot::Receiver<O>,
}

/// What the wait ended with.
pub enum Turn<'a, I, O, S> {
    /// The answer. `None`: whoever did the round went away before it was done, or had none.
    Over(Option<O>),
    /// A round to do, its own item among it unless there are very many; then wait again.
    Mine(Round<'a, I, O, S>),
}

/// The items of a round, and what the last one handed on.
pub struct Round<'a, I, O, S> {
    /// What the last round handed on.
    pub state: tokio::sync::MutexGuard<'a, S>,
    /// What is to be done.
    pub items: Vec<I>,
    answers: Vec<oneshot::Sender<O>>,
}

impl<'a, I, O, S> Wait<'a, I, O, S> {
    /// Waits until the item was done with somebody else's round, or a round is the caller's to do.
    pub async fn turn(&mut self) -> Turn<'a, I, O, S> {
        let together = self.together;
        let state = tokio::select! {
            biased;
            end = &mut self.answered => return Turn::Over(end.ok()),
            state = together.turn.lock() => state,
        };
        let round = {
            let mut waiting = together.lock();
            let size = waiting.len().min(together.most);
            let rest = waiting.split_off(size);
            mem::replace(&mut *waiting, rest)
        };
        if round.is_empty() {
            // This one was part of a round that is over.
            return Turn::Over(self.answered.try_recv().ok());
        }
        let (items, answers) = round.into_iter().unzip();
        Turn::Mine(Round { state, items, answers })
    }
}

impl<I, O, S> Round<'_, I, O, S> {
    /// Answers everybody, in the order of the items.
    pub fn end(self, ends: impl IntoIterator<Item = O>) {
        for (answer, end) in self.answers.into_iter().zip(ends) {
            // Whoever does not wait any more does not need it.
            let _gone = answer.send(end);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Notify;

    use super::{MOST, Together, Turn};

    type Numbers = Together<usize, usize, Vec<usize>>;

    /// Doubles a number; whoever does the first round says so and waits until it may go on.
    async fn double(together: &Numbers, number: usize, begun: &Notify, go_on: &Notify) -> Option<usize> {
        let mut wait = together.enter(number);
        loop {
            match wait.turn().await {
                Turn::Over(end) => return end,
                Turn::Mine(mut round) => {
                    let size = round.items.len();
                    round.state.push(size);
                    if round.state.len() == 1 {
                        begun.notify_one();
                        go_on.notified().await;
                    }
                    let ends: Vec<usize> = round.items.iter().map(|item| item * 2).collect();
                    round.end(ends);
                }
            }
        }
    }

    #[tokio::test]
    async fn calls_that_come_during_a_round_share_the_next_one() {
        let together: Arc<Numbers> = Arc::default();
        let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let call = |number: usize| {
            let (together, begun, go_on) = (together.clone(), begun.clone(), go_on.clone());
            tokio::spawn(async move { double(&together, number, &begun, &go_on).await })
        };
        let first = call(1);
        begun.notified().await;
        let others: Vec<_> = (2..MOST + 3).map(call).collect();
        while together.lock().len() < MOST + 1 {
            tokio::task::yield_now().await;
        }
        go_on.notify_one();
        assert_eq!(first.await.expect("it does not panic"), Some(2));
        for (number, other) in (2..).zip(others) {
            assert_eq!(other.await.expect("it does not panic"), Some(number * 2));
        }
        assert_eq!(*together.turn.lock().await, [1, MOST, 1]);
    }

    #[tokio::test]
    async fn whoever_goes_away_during_a_round_takes_nobody_else_along() {
        let together: Arc<Numbers> = Arc::default();
        let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let call = |number: usize| {
            let (together, begun, go_on) = (together.clone(), begun.clone(), go_on.clone());
            tokio::spawn(async move { double(&together, number, &begun, &go_on).await })
        };
        let first = call(1);
        begun.notified().await;
        let next = call(2);
        while together.lock().is_empty() {
            tokio::task::yield_now().await;
        }
        first.abort();
        assert_eq!(next.await.expect("it does not panic"), Some(4));
        assert_eq!(*together.turn.lock().await, [1, 1]);
    }
}

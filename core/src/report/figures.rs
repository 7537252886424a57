//! What many durations come to: average, median and percentiles.

use chrono::TimeDelta;

/// Durations that were measured, in whole milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    millis: Vec<i64>,
}

/// What they come to, in seconds. A figure of nothing is `None`, never 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// How many there are.
    pub count: i64,
    /// Their sum divided by their number.
    pub average: Option<f64>,
    /// Half of them are shorter.
    pub p50: Option<f64>,
    /// 95 of a hundred are shorter.
    pub p95: Option<f64>,
    /// 99 of a hundred are shorter.
    pub p99: Option<f64>,
}

impl Spread {
    /// Adds one. What ended before it began, by clocks that disagree, took no time.
    pub fn add(&mut self, took: TimeDelta) {
        self.millis.push(took.num_milliseconds().max(0));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.millis.len()
    }

    /// Whether nothing was measured.
    pub fn is_empty(&self) -> bool {
        self.millis.is_empty()
    }

    /// What they come to. A percentile between two values is read off the straight line between them, as
    /// `percentile_cont` of SQL does, so that the 50th percentile is the median.
    #[must_use]
    pub fn figures(mut self) -> Figures {
        self.millis.sort_unstable();
        let count = i64::try_from(self.millis.len()).unwrap_or(i64::MAX);
        let sum: i128 = self.millis.iter().copied().map(i128::from).sum();
        #[expect(clippy::cast_precision_loss, reason = "a sum of milliseconds is far from 2^53 in any sane history")]
        let average = (count > 0).then(|| seconds(sum as f64 / count as f64));
        Figures { count, average, p50: self.at(50), p95: self.at(95), p99: self.at(99) }
    }

    /// The percentile of sorted values.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a duration are far below 2^53")]
    fn at(&self, percent: usize) -> Option<f64> {
        let last = self.millis.len().checked_sub(1)?;
        let scaled = last * percent;
        let (low, part) = (scaled / 100, scaled % 100);
        let below = *self.millis.get(low)? as f64;
        let above = self.millis.get(low + 1).map_or(below, |value| *value as f64);
        Some(seconds(below + (above - below) * part as f64 / 100.0))
    }
}

/// Milliseconds as seconds with three digits.
fn seconds(millis: f64) -> f64 {
    millis.round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(seconds: &[i64]) -> Figures {
        let mut spread = Spread::default();
        for second in seconds {
            spread.add(TimeDelta::seconds(*second));
        }
        spread.figures()
    }

    #[test]
    fn nothing_measured_has_no_figures() {
        assert_eq!(of(&[]), Figures::default());
    }

    #[test]
    fn one_value_is_every_figure() {
        let seven = Some(7.0);
        assert_eq!(of(&[7]), Figures { count: 1, average: seven, p50: seven, p95: seven, p99: seven });
    }

    #[test]
    fn percentiles_lie_between_their_neighbors() {
        let hundred: Vec<i64> = (1..=101).rev().collect();
        let figures = of(&hundred);
        assert_eq!((figures.p50, figures.p95, figures.p99), (Some(51.0), Some(96.0), Some(100.0)));
        assert_eq!(of(&[10, 20]).p50, Some(15.0));
        assert_eq!(of(&[10, 20]).p95, Some(19.5));
        assert_eq!(of(&[10, 20, 60]).average, Some(30.0));
    }

    #[test]
    fn a_negative_duration_took_no_time() {
        assert_eq!(of(&[-5]).average, Some(0.0));
    }
}

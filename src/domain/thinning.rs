//! Which of the earlier contents of a file are kept, the fewer the older they are.

use std::collections::HashSet;
use std::str::FromStr;

use crate::Timestamp;

const UNITS: [(char, u64); 4] = [('m', 60), ('h', 3_600), ('d', 86_400), ('w', 604_800)];

/// How contents thin out with age: steps such as `all for 1d`, `1h for 7d`, `1d for 30d`, `1w`, youngest first. Beyond
/// the last step all are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Thinning(Vec<Step>);

/// Up to an age, one content of each period is kept: the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    /// In milliseconds; none where all are kept.
    period: Option<i64>,
    /// In milliseconds; none for any age.
    age: Option<i64>,
}

impl Thinning {
    /// Puts steps together.
    ///
    /// # Errors
    /// A sentence about what cannot be meant.
    pub fn new(steps: &[impl AsRef<str>]) -> Result<Self, String> {
        let steps: Vec<Step> = steps.iter().map(|step| step.as_ref().parse()).collect::<Result<_, _>>()?;
        let ages: Vec<i64> = steps.iter().map(|step| step.age.unwrap_or(i64::MAX)).collect();
        match ages.is_sorted_by(|one, next| one < next) {
            true => Ok(Self(steps)),
            false => Err("each step must last longer than the one before it".to_owned()),
        }
    }

    /// Which of the earlier contents of a file stay, by the moments they came, oldest first: of each period the last,
    /// and of those the newest `count_max`. The newest earlier one always stays.
    pub fn kept(&self, came: &[Timestamp], now: Timestamp, count_max: Option<usize>) -> Vec<bool> {
        let mut periods = HashSet::new();
        let mut left = count_max.unwrap_or(usize::MAX).max(1);
        let mut kept: Vec<bool> = came
            .iter()
            .rev()
            .map(|at| {
                // The periods of all files and of all times are the same ones, so what stays once goes on staying.
                let is_last = match self.period(*at, now) {
                    Some(period) => periods.insert((period, at.millis().div_euclid(period))),
                    None => true,
                };
                let stays = is_last && left > 0;
                left -= usize::from(stays);
                stays
            })
            .collect();
        kept.reverse();
        kept
    }

    /// The period a content falls into, if of its age not all are kept. It goes on to the next step only with its whole
    /// period, so that thinning often leaves what thinning once does.
    fn period(&self, at: Timestamp, now: Timestamp) -> Option<i64> {
        let mut next = self.0.iter().skip(1).map(|step| step.period).chain([None]);
        let at = at.millis();
        let is_in = |step: &&Step| {
            let end = match next.next().flatten() {
                Some(period) => at.div_euclid(period).saturating_add(1).saturating_mul(period),
                None => at,
            };
            step.age.is_none_or(|age| end > now.millis().saturating_sub(age))
        };
        self.0.iter().find(is_in)?.period
    }
}

impl FromStr for Step {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || "it takes steps such as \"all for 1d\", \"1h for 7d\" and \"1w\"".to_owned();
        let (period, age) = match text.split_once(" for ") {
            Some((period, age)) => (period, Some(millis(age).ok_or_else(expected)?)),
            None => (text, None),
        };
        let period = match period.trim() {
            "all" => None,
            period => Some(millis(period).ok_or_else(expected)?),
        };
        Ok(Self { period, age })
    }
}

fn millis(text: &str) -> Option<i64> {
    let text = text.trim();
    let unit = text.chars().next_back()?;
    let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let count: u64 = text.strip_suffix(unit)?.parse().ok()?;
    let millis = count.checked_mul(*seconds)?.checked_mul(1000)?;
    i64::try_from(millis).ok().filter(|millis| *millis > 0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_248_900_000);
    const HOUR: u64 = 3_600;
    const DAY: u64 = 24 * HOUR;

    fn usual() -> Thinning {
        Thinning::new(&["all for 1d", "1h for 7d", "1d for 30d", "1w"]).unwrap()
    }

    /// A content every ten minutes for so long, oldest first.
    fn every_ten_minutes(seconds: u64) -> Vec<Timestamp> {
        (1..=seconds / 600).rev().map(|count| NOW.before(Duration::from_secs(count * 600))).collect()
    }

    fn those(came: &[Timestamp], kept: &[bool]) -> Vec<Timestamp> {
        came.iter().zip(kept).filter(|(_, kept)| **kept).map(|(at, _)| *at).collect()
    }

    #[test]
    fn contents_thin_out_with_age() {
        let came = every_ten_minutes(70 * DAY);
        let left = those(&came, &usual().kept(&came, NOW, None));
        let between = |from: u64, to: u64| {
            let age = |at: &&Timestamp| (from..to).contains(&at.until(NOW).as_secs());
            left.iter().filter(age).count()
        };
        assert_eq!(between(0, DAY), 143, "all of a day");
        assert!((144..=155).contains(&between(DAY, 7 * DAY)), "one an hour: {}", between(DAY, 7 * DAY));
        assert!((23..=31).contains(&between(7 * DAY, 30 * DAY)), "{}", between(7 * DAY, 30 * DAY));
        assert!((5..=7).contains(&between(30 * DAY, 71 * DAY)), "{}", between(30 * DAY, 71 * DAY));
        let is_last_of_its_hour = |at: &Timestamp| at.after(Duration::from_secs(600)).seconds() % 3600 < 600;
        assert!(left.iter().filter(|at| at.until(NOW).as_secs() > 2 * DAY).all(is_last_of_its_hour));
    }

    #[test]
    fn what_stays_goes_on_staying_until_it_is_older() {
        let came = every_ten_minutes(40 * DAY);
        let once = those(&came, &usual().kept(&came, NOW, None));
        assert!(usual().kept(&once, NOW, None).iter().all(|kept| *kept));
        // Thinning every day leaves what thinning once does.
        let mut daily = came.clone();
        for days in (0..40).rev() {
            let now = NOW.before(Duration::from_secs(days * DAY));
            let split = daily.partition_point(|at| *at <= now);
            let mut past = those(&daily[..split], &usual().kept(&daily[..split], now, None));
            past.extend(&daily[split..]);
            daily = past;
        }
        assert_eq!(daily, once);
    }

    #[test]
    fn the_newest_stay_where_there_are_too_many() {
        let came = every_ten_minutes(HOUR);
        let all = Thinning::default();
        assert_eq!(all.kept(&came, NOW, None), [true; 6]);
        assert_eq!(all.kept(&came, NOW, Some(2)), [false, false, false, false, true, true]);
        assert_eq!(all.kept(&came, NOW, Some(0)), [false, false, false, false, false, true]);
        let sparse = Thinning::new(&["1w"]).unwrap();
        assert_eq!(sparse.kept(&came, NOW, Some(5)), [false, false, false, false, false, true]);
        assert!(sparse.kept(&[], NOW, Some(5)).is_empty());
        // A clock that was ahead.
        assert_eq!(sparse.kept(&[NOW.after(Duration::from_secs(DAY * 400))], NOW, Some(1)), [true]);
    }

    #[test]
    fn steps_are_read_as_they_are_said() {
        assert_eq!(Thinning::new(&[""; 0]).unwrap(), Thinning::default());
        assert!(Thinning::new(&["all", "1w"]).is_err(), "nothing comes after for ever");
        assert!(Thinning::new(&["1h for 7d", "1d for 7d"]).is_err());
        for wrong in
            ["", "1", "for 1d", "1h for", "1h for ever", "0h", "h for 1d", "1y", "none for 1d", "1h  1d"]
        {
            assert!(Thinning::new(&[wrong]).is_err(), "{wrong}");
        }
        assert!(Thinning::new(&["99999999999999999w"]).is_err());
    }
}

//! Looking again and again until every machine has answered or has had its time. The clock is given.

use std::time::Duration;

use super::standing::{Seen, Standing, Standings};
use crate::gcp::Pace;

/// How often to look, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// The time between two looks.
    pub every: Duration,
    /// How long any machine may take, whatever its spec says.
    pub most: Option<Duration>,
}

/// Looks until no machine is waited for any more, and gives what was seen last. `hear` is told of every look.
pub async fn until_ready<E>(
    pace: &dyn Pace,
    patience: Patience,
    mut look: impl AsyncFnMut() -> Result<Standings, E>,
    mut hear: impl FnMut(&Standings),
) -> Result<Standings, E> {
    let began = pace.elapsed();
    loop {
        let mut seen = look().await?;
        let waited = pace.elapsed().saturating_sub(began);
        let left: Vec<Duration> =
            seen.values_mut().filter_map(|one| one.has_left(waited, patience.most)).collect();
        hear(&seen);
        let Some(next) = left.into_iter().min() else { return Ok(seen) };
        pace.sleep(next.min(patience.every)).await;
    }
}

impl Seen {
    /// The time that a machine has left; one without any is given up.
    fn has_left(&mut self, waited: Duration, most: Option<Duration>) -> Option<Duration> {
        let Standing::Waiting(why) = &self.standing else { return None };
        let limit = most.unwrap_or(self.within);
        let left = limit.checked_sub(waited).filter(|left| !left.is_zero());
        if left.is_none() {
            self.standing = Standing::Failed(format!("not ready within {}: {why}", said(limit)));
        }
        left
    }
}

/// A length of time as people say it.
fn said(time: Duration) -> String {
    match (time.as_secs() / 60, time.as_secs() % 60) {
        (0, seconds) => format!("{seconds}s"),
        (minutes, 0) => format!("{minutes}m"),
        (minutes, seconds) => format!("{minutes}m {seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::gcp::pace::fast::FastPace;
    use crate::spec::Address;

    const PATIENCE: Patience = Patience { every: Duration::from_secs(5), most: None };

    fn waiting() -> Standing {
        Standing::Waiting("connection refused".to_owned())
    }

    fn seen(machines: &[(&str, Standing, u64)]) -> Standings {
        let one = |(name, standing, within): &(&str, Standing, u64)| {
            let within = Duration::from_secs(*within);
            (Address::new("Vm", *name), Seen { standing: standing.clone(), within })
        };
        machines.iter().map(one).collect()
    }

    /// Watches what a list of looks shows, the last one again and again, and gives what was heard of one machine.
    async fn watched(pace: &FastPace, patience: Patience, looks: Vec<Standings>) -> (Vec<String>, Standings) {
        let (mut looks, mut heard) = (looks.into_iter().peekable(), Vec::new());
        let look = async || {
            let next = looks.next_if(|_| true);
            Ok::<_, Infallible>(next.unwrap_or_default())
        };
        let ended = until_ready(pace, patience, look, |seen| {
            heard.push(seen.values().next().map(|one| one.standing.text()).unwrap_or_default());
        });
        let ended = ended.await.unwrap();
        (heard, ended)
    }

    #[tokio::test]
    async fn it_looks_until_all_are_ready() {
        let pace = FastPace::default();
        let looks = vec![
            seen(&[("a", Standing::Ready, 60), ("b", waiting(), 60)]),
            seen(&[("a", Standing::Ready, 60), ("b", Standing::Ready, 60)]),
        ];
        let (heard, _) = watched(&pace, PATIENCE, looks).await;
        assert_eq!(heard, ["ready", "ready"]);
        assert_eq!(pace.slept(), [Duration::from_secs(5)]);
    }

    #[tokio::test]
    async fn who_had_its_time_is_given_up_with_what_was_missing() {
        let pace = FastPace::default();
        let looks = vec![seen(&[("a", waiting(), 7)]); 3];
        let (heard, _) = watched(&pace, PATIENCE, looks).await;
        assert_eq!(heard[2], "failed: not ready within 7s: connection refused");
        assert_eq!(pace.slept(), [Duration::from_secs(5), Duration::from_secs(2)]);
    }

    #[tokio::test]
    async fn a_limit_for_all_goes_before_what_specs_say() {
        let pace = FastPace::default();
        let patience = Patience { most: Some(Duration::ZERO), ..PATIENCE };
        let (heard, _) = watched(&pace, patience, vec![seen(&[("a", waiting(), 600)])]).await;
        assert_eq!(heard, ["failed: not ready within 0s: connection refused"]);
        assert!(pace.slept().is_empty());
    }

    #[tokio::test]
    async fn nobody_waits_for_a_script_that_failed() {
        let pace = FastPace::default();
        let failed = Standing::Failed("exit status 1".to_owned());
        let (heard, _) = watched(&pace, PATIENCE, vec![seen(&[("a", failed, 600)])]).await;
        assert_eq!(heard, ["failed: exit status 1"]);
    }
}

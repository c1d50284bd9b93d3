//! The loop on a clock that tests set.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Ended, Next, Planned, Round, Rounds};

const EVERY: Duration = Duration::from_mins(5);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn ended(ended: Ended) -> Round {
    let planned = Some(Planned { resources: 66, drift: 1 });
    Round { ended, planned, applied: 2, commit: Some("4b825d".to_owned()) }
}

/// Rounds of which one took ten seconds and ended so.
fn after(round: &Round, chance: f64) -> Rounds {
    let mut rounds = Rounds::new(EVERY, at(0));
    rounds.begin(at(0));
    rounds.end(round, at(10), chance);
    rounds
}

fn wait(seconds: u64) -> Next {
    Next::Wait(Duration::from_secs(seconds))
}

#[test]
fn the_first_round_is_at_once_and_the_next_an_interval_after_it_began() {
    assert_eq!(Rounds::new(EVERY, at(0)).next(at(0)), Next::Round);
    for done in [Ended::Converged, Ended::Applied, Ended::Reported] {
        let rounds = after(&ended(done), 0.5);
        assert_eq!(rounds.next(at(10)), wait(290), "{done:?}");
        assert_eq!(rounds.next(at(300)), Next::Round, "{done:?}");
    }
}

#[test]
fn a_round_longer_than_the_interval_is_followed_by_the_next() {
    let mut rounds = Rounds::new(EVERY, at(0));
    rounds.begin(at(0));
    rounds.end(&ended(Ended::Applied), at(900), 0.0);
    assert_eq!(rounds.next(at(900)), Next::Round);
}

#[test]
fn failures_in_a_row_wait_twice_as_long_each_up_to_an_hour_and_a_success_ends_that() {
    for failure in [Ended::Broken, Ended::Refused, Ended::Held, Ended::Failed, Ended::Partly] {
        let mut rounds = Rounds::new(EVERY, at(0));
        let waits: Vec<u64> = (0..6).map(|_| rounds.end(&ended(failure), at(0), 0.0).as_secs()).collect();
        assert_eq!(waits, [300, 600, 1200, 2400, 3600, 3600], "{failure:?}");
        rounds.begin(at(0));
        assert_eq!(rounds.end(&ended(Ended::Converged), at(0), 0.0), EVERY);
    }
    let mut seldom = Rounds::new(Duration::from_hours(6), at(0));
    assert_eq!(seldom.end(&ended(Ended::Failed), at(0), 0.0), Duration::from_hours(6));
}

#[test]
fn chance_takes_at_most_a_quarter_off_a_back_off_and_nothing_off_the_interval() {
    for (chance, seconds) in [(0.0, 300), (0.5, 262), (1.0, 225)] {
        let mut rounds = Rounds::new(EVERY, at(0));
        assert_eq!(rounds.end(&ended(Ended::Failed), at(0), chance).as_secs(), seconds);
        assert_eq!(rounds.end(&ended(Ended::Converged), at(0), chance).as_secs(), 300);
    }
}

#[test]
fn a_back_off_looks_at_the_folder_every_interval_and_ends_when_that_has_changed() {
    let mut rounds = Rounds::new(EVERY, at(0));
    for _ in 0..4 {
        rounds.end(&ended(Ended::Broken), at(0), 0.0);
    }
    assert_eq!(rounds.next(at(0)), wait(300));
    assert_eq!(rounds.next(at(300)), Next::Look);
    rounds.looked(false, at(300));
    assert_eq!(rounds.next(at(301)), wait(299));
    rounds.looked(true, at(600));
    assert_eq!(rounds.next(at(600)), Next::Round);
}

#[test]
fn a_clock_that_is_set_back_holds_nothing_up() {
    assert_eq!(after(&ended(Ended::Converged), 0.0).next(at(5)), Next::Round);
}

#[test]
fn it_lives_while_it_is_heard_of_within_three_intervals_or_carries_out_a_round() {
    let rounds = after(&ended(Ended::Converged), 0.0);
    assert!(rounds.is_alive(at(910)));
    assert!(!rounds.is_alive(at(911)));
    let mut long = rounds;
    long.begin(at(911));
    assert!(long.is_alive(at(911 + 7200)));
    assert!(!long.is_alive(at(911 + 7201)));
}

#[test]
fn it_is_ready_after_the_first_plan_that_may_be_applied() {
    for (round, ready) in [
        (Round::without_plan(Ended::Broken), false),
        (Round::without_plan(Ended::Failed), false),
        (ended(Ended::Refused), false),
        (ended(Ended::Partly), true),
        (ended(Ended::Converged), true),
    ] {
        assert_eq!(after(&round, 0.0).is_ready(), ready, "{:?}", round.ended);
    }
}

#[test]
fn metrics_count_rounds_by_their_end_and_leave_out_what_is_not_known() {
    let fresh = Rounds::new(EVERY, at(0)).metrics();
    assert!(!fresh.contains("provost_reconcile_resources") && !fresh.contains("last_success"), "{fresh}");
    let mut rounds = after(&ended(Ended::Applied), 0.0);
    rounds.begin(at(300));
    rounds.end(&Round::without_plan(Ended::Failed), at(301), 0.0);
    let text = rounds.metrics();
    let values: Vec<&str> =
        text.lines().filter(|line| !line.starts_with('#') && !line.ends_with("\"} 0")).collect();
    let values = values.join("\n").replace(env!("CARGO_PKG_VERSION"), "VERSION");
    insta::assert_snapshot!(values, @r#"
    provost_build_info{version="VERSION"} 1
    provost_reconcile_rounds_total{result="applied"} 1
    provost_reconcile_rounds_total{result="failed"} 1
    provost_reconcile_consecutive_failures 1
    provost_reconcile_last_success_timestamp_seconds 10
    provost_reconcile_resources 66
    provost_reconcile_drift 1
    provost_reconcile_drift_found_total 1
    provost_reconcile_steps_applied_total 2
    provost_reconcile_last_round_duration_seconds 1
    provost_reconcile_round_duration_seconds_total 11
    provost_reconcile_commit_info{commit="4b825d"} 1
    "#);
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        assert!(text.contains(&format!("# TYPE {name} ")), "{name}");
    }
}

#[test]
fn an_interval_beyond_all_time_is_no_overflow() {
    let mut rounds = Rounds::new(Duration::MAX, Timestamp::MAX);
    rounds.end(&ended(Ended::Failed), Timestamp::MAX, 1.0);
    assert!(rounds.is_alive(Timestamp::MAX));
    let longest = Rounds::new(SignedDuration::MAX.unsigned_abs(), at(0));
    assert_eq!(longest.next(at(0)), Next::Round);
}
